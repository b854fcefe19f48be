{#- Where a seed's rows come from: {path, is_raw, expected}. A sample file is replaced by the file of the same name in
    $SEGMART_DATA/<dataset>/ when that variable is set; reference files are always the project's own. -#}
{% macro raw_source(model) %}
    {%- set folders = model.original_file_path.replace('\\', '/').split('/') -%}
    {%- set is_raw = folders[1] == 'sample' -%}
    {%- set data_directory = env_var('SEGMART_DATA', '') -%}
    {%- set source = {
        'path': adapter.get_seed_file_path(model),
        'is_raw': is_raw,
        'expected': model.columns.values() | map(attribute='name') | list,
    } -%}
    {%- if is_raw and data_directory -%}
        {%- set stem = data_directory.rstrip('/') ~ '/' ~ folders[2] ~ '/' ~ model.name -%}
        {%- do source.update({'path': stem ~ '.csv'}) -%}
        {%- set candidates = [stem ~ '.csv', stem ~ '.csv.gz'] -%}
        {%- set found = existing_files(candidates) -%}
        {%- if found | length == 0 -%}
            {{ raise_raw_error(
                source,
                'does not exist (nor does ' ~ model.name ~ '.csv.gz beside it); to build without this dataset, leave '
                ~ folders[2] ~ ' out of the variable datasets'
            ) }}
        {%- elif found | length > 1 -%}
            {{ raise_raw_error(source, 'exists twice, also as ' ~ model.name ~ '.csv.gz: keep one of the two') }}
        {%- endif -%}
        {%- do source.update({'path': found[0]}) -%}
    {%- endif -%}
    {{ return(source) }}
{% endmacro %}


{#- Which file a raw table holds, as the table's comment: publishing says from it what the marts were made from. -#}
{% macro record_raw_file(relation, source) %}
    {%- set file = model.original_file_path.replace('\\', '/').split('/')[2] ~ '/' ~ source['path'].split('/')[-1] -%}
    {%- set fingerprint = run_query('select file_fingerprint(' ~ sql_text(source['path']) ~ ')').columns[0].values()[0] -%}
    {%- set about = {'file': file} -%}
    {%- do about.update(fromjson(fingerprint)) -%}
    {%- do run_query('comment on table ' ~ relation ~ ' is ' ~ sql_text(tojson(about))) -%}
{% endmacro %}


{% macro existing_files(paths) %}
    {%- set found = [] -%}
    {%- for path in paths -%}
        {%- do found.extend(run_query('select file from glob(' ~ sql_text(path) ~ ')').columns[0].values()) -%}
    {%- endfor -%}
    {{ return(found) }}
{% endmacro %}


{#- The column names in the file's first line, as written. Read as plain text first: a wrong encoding or delimiter is
    easier to explain from the line itself than from a parser's complaint about it. -#}
{% macro read_header(source) %}
    {%- do forget_unreadable_lines() -%}
    {%- set line = first_line(source) -%}
    {%- if line is none -%}
        {{ raise_raw_error(source, 'is empty, or starts with an empty line') }}
    {%- elif '\x00' in line -%}
        {{ raise_raw_error(source, 'is encoded as UTF-16: save it as UTF-8') }}
    {%- elif line.startswith('sep=') -%}
        {{ raise_raw_error(source, 'starts with the line ' ~ line.strip() ~ ': remove it') }}
    {%- endif -%}
    {%- set header = split_csv_line(line) -%}
    {%- if source['expected'] | map('lower') | reject('in', header | map('trim') | map('lower') | list) | list -%}
        {{ check_first_line_encoding(source) }}
    {%- endif -%}
    {%- if header | length == 1 and source['expected'] | length > 1 -%}
        {%- for delimiter, name in [(';', 'semicolons'), ('\t', 'tabs'), ('|', 'vertical bars')] -%}
            {%- if delimiter in header[0] -%}
                {{ raise_raw_error(source, 'is separated by ' ~ name ~ ', not by commas') }}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(header) }}
{% endmacro %}


{% macro first_line(source) %}
    {%- set rows = run_query('select line from ' ~ read_lines_sql(source) ~ ' limit 1').rows -%}
    {{ return(rows[0][0] if rows | length else none) }}
{% endmacro %}


{#- A first line in another encoding is set aside and the second one taken for the header: asked only where that lacks a column, because
    it reads the whole file. -#}
{% macro check_first_line_encoding(source) %}
    {%- do forget_unreadable_lines() -%}
    {%- do run_query('select count(line) from ' ~ read_lines_sql(source)) -%}
    {%- if run_query("select 1 from unreadable_lines where line = 1 and error_type = 'INVALID ENCODING'").rows | length -%}
        {{ raise_raw_error(source, 'is not encoded as UTF-8: save it as UTF-8') }}
    {%- endif -%}
{% endmacro %}


{% macro read_lines_sql(source) -%}
    read_csv(
        {{ sql_text(source['path']) }}, columns = {'line': 'varchar'}, header = false, auto_detect = false, delim = chr(1),
        quote = '', escape = '', strict_mode = false, null_padding = true,
        store_rejects = true, rejects_table = 'unreadable_lines', rejects_scan = 'unreadable_scans'
    )
{%- endmacro %}


{% macro split_csv_line(line) %}
    {%- set names = [] -%}
    {%- for field in modules.re.findall('("(?:[^"]|"")*"|[^,]*)(?:,|$)', line ~ ',')[:-1] -%}
        {%- set name = field[1:-1].replace('""', '"') if field[:1] == '"' else field -%}
        {%- do names.append(name if name.strip() else 'column ' ~ loop.index) -%}
    {%- endfor -%}
    {{ return(names) }}
{% endmacro %}


{#- Pairs of expected and actual column names; names are compared without case and surrounding blanks. -#}
{% macro contract_columns(source, header) %}
    {%- set actual = {} -%}
    {%- for name in header -%}
        {%- set key = name.strip().lower() -%}
        {%- if key in actual -%}
            {{ raise_raw_error(source, 'has the column ' ~ name.strip() ~ ' twice') }}
        {%- endif -%}
        {%- do actual.update({key: name}) -%}
    {%- endfor -%}
    {%- set pairs = [] -%}
    {%- set missing = [] -%}
    {%- for name in source['expected'] or header -%}
        {%- if name.strip().lower() in actual -%}
            {%- do pairs.append({'expected': name, 'actual': actual.pop(name.strip().lower())}) -%}
        {%- else -%}
            {%- do missing.append(name) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if missing -%}
        {{ raise_raw_error(
            source,
            'lacks the column' ~ ('s ' if missing | length > 1 else ' ') ~ missing | join(', ')
            ~ (' and has in its place ' ~ actual.values() | map('trim') | join(', ') if actual else '')
        ) }}
    {%- endif -%}
    {{ return(pairs) }}
{% endmacro %}


{% macro read_csv_sql(source, header) %}
    {%- set columns = [] -%}
    {%- for name in header -%}
        {%- do columns.append(sql_text(name) ~ ": 'varchar'") -%}
    {%- endfor -%}
    read_csv(
        {{ sql_text(source['path']) }}, columns = { {{- columns | join(', ') -}} }, header = true, auto_detect = false,
        delim = ',', quote = '"', escape = '"', nullstr = '', allow_quoted_nulls = false,
        store_rejects = true, rejects_table = 'unreadable_lines', rejects_scan = 'unreadable_scans'
    )
{%- endmacro %}


{#- DuckDB sets lines aside that it can't split; one is enough to distrust the file. -#}
{% macro forget_unreadable_lines() %}
    {%- do run_query('drop table if exists unreadable_lines') -%}
    {%- do run_query('drop table if exists unreadable_scans') -%}
{% endmacro %}


{% macro check_unreadable_lines(source, header) %}
    {%- set errors = run_query(
        'select line, error_type, error_message, (select count(distinct line) from unreadable_lines) from unreadable_lines '
        'order by line nulls last limit 1'
    ).rows -%}
    {%- if errors -%}
        {%- set explained = {
            'MISSING COLUMNS': 'has too few fields',
            'TOO MANY COLUMNS': 'has too many fields',
            'INVALID ENCODING': 'is not encoded as UTF-8',
            'UNQUOTED VALUE': 'has a quotation mark that is never closed',
            'LINE SIZE OVER MAXIMUM': 'is longer than 2 MB',
        } -%}
        {{ raise_raw_error(
            source,
            'can not be read: line ' ~ errors[0][0] ~ ' ' ~ explained.get(errors[0][1], errors[0][2])
            ~ ' (the header has ' ~ header | length ~ ' fields; ' ~ errors[0][3] ~ ' such lines in all)'
        ) }}
    {%- endif -%}
{% endmacro %}


{% macro raise_raw_error(source, problem) %}
    {{ exceptions.raise_compiler_error(
        source['path'] ~ ' ' ~ problem ~ '. Expected: a comma-separated UTF-8 file with the columns '
        ~ source['expected'] | join(', ') ~ '.'
    ) }}
{% endmacro %}


{% macro sql_texts(values) -%}
    {%- for value in values -%}
        {{ sql_text(value) }}
        {{- ', ' if not loop.last -}}
    {%- endfor -%}
{%- endmacro %}


{% macro sql_text(value) -%}
    '{{ value | replace("'", "''") }}'
{%- endmacro %}
