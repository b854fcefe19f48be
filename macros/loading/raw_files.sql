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
        compression = {{ sql_text(csv_compression(file_format(source['path']))) }},
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


{#- {expected, actual, is_partition} per column; names are compared without case and surrounding blanks. -#}
{% macro contract_columns(source, header, partitions) %}
    {%- set actual = {} -%}
    {%- for name in header -%}
        {%- set key = name.strip().lower() -%}
        {%- if key in actual -%}
            {{ raise_raw_error(source, 'has the column ' ~ name.strip() ~ ' twice') }}
        {%- endif -%}
        {%- do actual.update({key: name}) -%}
    {%- endfor -%}
    {%- set folders = partitions | map('lower') | list -%}
    {%- set columns = [] -%}
    {%- set missing = [] -%}
    {%- for name in source['expected'] or header -%}
        {%- set key = name.strip().lower() -%}
        {%- if key in actual -%}
            {%- do columns.append({'expected': name, 'actual': actual.pop(key), 'is_partition': false}) -%}
        {%- elif key in folders -%}
            {%- do columns.append({'expected': name, 'actual': partitions[folders.index(key)], 'is_partition': true}) -%}
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
    {{ return(columns) }}
{% endmacro %}


{#- DuckDB sets lines aside that it can't split; one is enough to distrust the file. -#}
{% macro forget_unreadable_lines() %}
    {%- do run_query('drop table if exists unreadable_lines; drop table if exists unreadable_scans') -%}
{% endmacro %}


{#- Whoever reads a view would come upon such a line in the middle of a build: read every field once before. -#}
{% macro read_all_fields(source, layouts) %}
    {%- set csv_layouts = layouts | rejectattr('format', 'equalto', 'parquet') | list -%}
    {%- if csv_layouts -%}
        {%- set counts = [] -%}
        {%- for column in csv_layouts[0]['columns'] -%}
            {%- do counts.append('count(' ~ adapter.quote(column['expected']) ~ ')') -%}
        {%- endfor -%}
        {%- do run_query('select ' ~ counts | join(', ') ~ ' from (' ~ raw_rows_sql(source, csv_layouts, true) ~ ') as rows') -%}
    {%- endif -%}
{% endmacro %}


{% macro check_unreadable_lines(source, layouts) %}
    {%- if layouts | rejectattr('format', 'equalto', 'parquet') | list -%}
        {%- set errors = run_query(
            'select line, error_type, error_message, file_path, '
            ~ '(select count(distinct (scan_id, file_id, line)) from unreadable_lines) '
            ~ 'from unreadable_lines inner join unreadable_scans using (scan_id, file_id) order by file_path, line limit 1'
        ).rows -%}
        {%- if errors -%}
            {{ raise_unreadable_line(source, layouts, *errors[0]) }}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}


{% macro raise_unreadable_line(source, layouts, line, error_type, error_message, file, count) %}
    {%- set explained = {
        'MISSING COLUMNS': 'has too few fields',
        'TOO MANY COLUMNS': 'has too many fields',
        'INVALID ENCODING': 'is not encoded as UTF-8',
        'UNQUOTED VALUE': 'has a quotation mark that is never closed',
        'LINE SIZE OVER MAXIMUM': 'is longer than 2 MB',
    } -%}
    {%- set ns = namespace(fields='?') -%}
    {%- for layout in layouts if file in layout['files'] -%}
        {%- set ns.fields = layout['header'] | length -%}
    {%- endfor -%}
    {{ raise_raw_error(
        dict(source, path=file),
        'can not be read: line ' ~ line ~ ' ' ~ explained.get(error_type, error_message)
        ~ ' (the header has ' ~ ns.fields ~ ' fields; ' ~ count ~ ' such lines in all)'
    ) }}
{% endmacro %}


{% macro raise_raw_error(source, problem) %}
    {{ exceptions.raise_compiler_error(
        source['path'] ~ ' ' ~ problem ~ '. Expected: a '
        ~ ('Parquet' if file_format(source['path']) == 'parquet' else 'comma-separated UTF-8') ~ ' file with the columns '
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
