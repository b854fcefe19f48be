{#- Where a seed's rows come from: {path, is_raw, expected, files}. A sample file is replaced by the table of the same name in
    $SEGMART_DATA/<dataset>/ when that variable is set; reference files are always the project's own. -#}
{% macro raw_source(model) %}
    {%- set folders = model.original_file_path.replace('\\', '/').split('/') -%}
    {%- set source = {
        'path': adapter.get_seed_file_path(model),
        'is_raw': folders[1] == 'sample',
        'expected': model.columns.values() | map(attribute='name') | list,
    } -%}
    {%- do source.update({'files': [source['path']]}) -%}
    {%- set data_directory = env_var('SEGMART_DATA', '') -%}
    {%- if source['is_raw'] and data_directory -%}
        {%- do find_raw_files(source, data_directory.rstrip('/') ~ '/' ~ folders[2] ~ '/' ~ model.name, folders[2]) -%}
    {%- endif -%}
    {{ return(source) }}
{% endmacro %}


{#- A raw table is one file or a directory of files. Of two forms either may be the old one, so having both is an error. -#}
{% macro find_raw_files(source, stem, dataset) %}
    {%- set name = stem.split('/')[-1] -%}
    {%- set forms = {} -%}
    {%- for extension in ['.csv', '.csv.gz', '.parquet'] -%}
        {%- set found = files_matching(stem ~ extension) -%}
        {%- if found -%}
            {%- do forms.update({name ~ extension: found}) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set found = files_matching(glob_literal(stem) ~ '/**') -%}
    {%- if found -%}
        {%- do forms.update({name ~ '/': found}) -%}
    {%- endif -%}
    {%- set names = forms.keys() | list -%}
    {%- set folder = stem[:-(name | length)] -%}
    {%- do source.update({'path': folder ~ (names[0] if names else name ~ '.csv')}) -%}
    {%- if not names -%}
        {{ raise_raw_error(
            source,
            'does not exist (nor does ' ~ name ~ '.csv.gz, ' ~ name ~ '.parquet or a directory ' ~ name
            ~ ' beside it); to build without this dataset, leave ' ~ dataset ~ ' out of the variable datasets'
        ) }}
    {%- elif names | length > 1 -%}
        {{ raise_raw_error(source, 'exists twice, also as ' ~ names[1:] | join(' and ') ~ ': keep one of them') }}
    {%- endif -%}
    {%- set files = forms[names[0]] -%}
    {%- do source.update({'files': files}) -%}
    {%- if names[0].endswith('/') -%}
        {#- Object stores may write the address in another way than it was asked for: file:/// for file://. -#}
        {%- set tail = '/' ~ dataset ~ '/' ~ name ~ '/' -%}
        {%- if not files[-1].startswith(source['path']) -%}
            {%- do source.update({'path': files[-1].partition(tail)[0] ~ tail}) -%}
        {%- endif -%}
        {%- do source.update({'files': data_files(source, files)}) -%}
    {%- endif -%}
{% endmacro %}


{#- The files of a directory that hold rows. Names that start with a dot or an underline belong to the programs that write
    directories; any other file may be data that somebody would miss. -#}
{% macro data_files(source, files) %}
    {#- Object stores list folders, too. -#}
    {%- set folders = {} -%}
    {%- for file in files -%}
        {%- do folders.update({file.rpartition('/')[0]: true}) -%}
    {%- endfor -%}
    {%- set chosen = [] -%}
    {%- for file in files | reject('in', folders) | sort -%}
        {%- set inside = path_inside(source, file) -%}
        {%- if not modules.re.search('(^|/)[._]', inside) -%}
            {%- if not file_format(file) -%}
                {{ raise_raw_error(source, 'holds ' ~ inside ~ ', which is neither CSV nor Parquet: remove it') }}
            {%- endif -%}
            {%- do chosen.append(file) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if not chosen -%}
        {{ raise_raw_error(source, 'holds no CSV or Parquet files') }}
    {%- endif -%}
    {{ return(chosen) }}
{% endmacro %}


{% macro path_inside(source, file) %}
    {{ return(file[source['path'] | length:]) }}
{% endmacro %}


{#- csv, csv.gz, parquet, or nothing. -#}
{% macro file_format(file) %}
    {%- set found = modules.re.search('[.](csv|csv[.]gz|parquet)$', file.lower()) -%}
    {{ return(found.group(1) if found else '') }}
{% endmacro %}


{% macro files_matching(pattern) %}
    {{ return(run_query('select file from glob(' ~ sql_text(pattern) ~ ')').columns[0].values() | list) }}
{% endmacro %}


{#- A pattern that only the path itself matches. -#}
{% macro glob_literal(path) %}
    {{ return(modules.re.sub('[*?[]', '[\\g<0>]', path)) }}
{% endmacro %}


{#- Large tables stay where they are and are read through a view. -#}
{% macro raw_relation_type(source) %}
    {%- if not source['is_raw'] -%}
        {{ return('table') }}
    {%- endif -%}
    {%- set bytes = run_query('select sum(size) from read_blob([' ~ sql_texts(source['files']) ~ '])').rows[0][0] -%}
    {{ return('view' if bytes >= var('raw_view_bytes') else 'table') }}
{% endmacro %}


{#- Groups of files that one scan can read: {format, files, header, columns}. Each file's columns are looked up by name, so
    that a directory may hold files of several layouts. -#}
{% macro raw_layouts(source) %}
    {%- set layouts = {} -%}
    {%- set schemas = parquet_schemas(source) -%}
    {%- for file in source['files'] -%}
        {%- set one = dict(source, path=file) -%}
        {%- set format = file_format(file) or 'csv' -%}
        {%- set header = schemas[file] if format == 'parquet' else read_header(one) -%}
        {%- set partitions = partition_names(source, file) -%}
        {%- set key = tojson([format, header, partitions]) -%}
        {%- if key not in layouts -%}
            {%- do layouts.update({key: {
                'format': format,
                'files': [],
                'header': header,
                'columns': contract_columns(one, header | list, partitions),
            }}) -%}
        {%- endif -%}
        {%- do layouts[key]['files'].append(file) -%}
    {%- endfor -%}
    {{ return(layouts.values() | list) }}
{% endmacro %}


{#- Names in folders such as DATE=2018-07-01, which stand for a column that the files lack. -#}
{% macro partition_names(source, file) %}
    {%- set names = [] -%}
    {%- for folder in path_inside(source, file).split('/')[:-1] if '=' in folder -%}
        {%- do names.append(folder.split('=')[0]) -%}
    {%- endfor -%}
    {{ return(names) }}
{% endmacro %}


{#- {file: {column: type}} of the Parquet files; files of the same schema are described once. -#}
{% macro parquet_schemas(source) %}
    {%- set files = [] -%}
    {%- for file in source['files'] if file_format(file) == 'parquet' -%}
        {%- do files.append(file) -%}
    {%- endfor -%}
    {%- set schemas = {} -%}
    {%- if files -%}
        {%- set described = {} -%}
        {%- set found = run_query(
            "select file_name, string_agg(concat_ws(' ', name, duckdb_type, num_children), chr(10) order by column_id) "
            ~ 'from parquet_schema([' ~ sql_texts(files) ~ ']) group by file_name'
        ) -%}
        {%- for row in found.rows -%}
            {%- if row[1] not in described -%}
                {%- set columns = {} -%}
                {%- for column in run_query('describe select * from ' ~ read_parquet_sql([row[0]], false)).rows -%}
                    {%- do columns.update({column[0]: column[1]}) -%}
                {%- endfor -%}
                {%- do described.update({row[1]: columns}) -%}
            {%- endif -%}
            {%- do schemas.update({row[0]: described[row[1]]}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(schemas) }}
{% endmacro %}


{#- A select of all rows of a raw table with the columns of the contract, every one as text, and the file that each is from. -#}
{% macro raw_rows_sql(source, layouts, collect_errors) %}
    {%- for layout in layouts %}
    {%- set is_partitioned = layout['columns'] | selectattr('is_partition') | list | length > 0 %}
    select
        {%- for column in layout['columns'] %}
        {%- set name = adapter.quote(column['actual']) %}
        {%- if layout['format'] == 'parquet' and not column['is_partition'] %}
        {{ text_of(dict(source, path=layout['files'][0]), name, layout['header'][column['actual']]) }}
        {%- else %}
        {{ name }}
        {%- endif %} as {{ adapter.quote(column['expected']) }}
        {{- ',' if source['is_raw'] or not loop.last }}
        {%- endfor %}
        {%- if source['is_raw'] %}
        {{ 'substr(_raw_file, ' ~ (source['path'] | length + 1) ~ ')' if source['path'].endswith('/')
            else sql_text(source['path'].split('/')[-1]) }} as raw_file
        {%- endif %}
    from
        {{ read_parquet_sql(layout['files'], is_partitioned) if layout['format'] == 'parquet'
            else read_csv_sql(layout, is_partitioned, collect_errors) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{% endmacro %}


{#- A typed value as the text that staging reads back: ISO dates, exact decimals, the shortest form of floating-point numbers,
    whole ones without a fraction, 1 and 0 for true and false, moments in UTC, lists as JSON; what is not a number is missing. -#}
{% macro text_of(source, column, type) -%}
    {%- if type in ['FLOAT', 'DOUBLE'] -%}
        case
            when isnan({{ column }}) then null
            when abs({{ column }}) < 9e15 and {{ column }} = trunc({{ column }})
                then cast(cast({{ column }} as bigint) as varchar)
            else cast({{ column }} as varchar)
        end
    {%- elif type == 'BOOLEAN' -%}
        cast(cast({{ column }} as integer) as varchar)
    {%- elif type == 'TIMESTAMP WITH TIME ZONE' -%}
        cast(make_timestamp(epoch_us({{ column }})) as varchar)
    {%- elif type.endswith(']') -%}
        cast(to_json({{ column }}) as varchar)
    {%- elif modules.re.match('(STRUCT|MAP|UNION)', type) -%}
        {{ raise_raw_error(source, 'has in the column ' ~ column[1:-1] ~ ' no single values, but ' ~ type) }}
    {%- else -%}
        cast({{ column }} as varchar)
    {%- endif -%}
{%- endmacro %}


{% macro read_parquet_sql(files, is_partitioned) -%}
    read_parquet(
        [{{ sql_texts(files) }}], binary_as_string = true, filename = '_raw_file',
        hive_partitioning = {{ is_partitioned | lower }}, hive_types_autocast = false
    )
{%- endmacro %}


{% macro read_csv_sql(layout, is_partitioned, collect_errors) %}
    {%- set columns = [] -%}
    {%- for name in layout['header'] -%}
        {%- do columns.append(sql_text(name) ~ ": 'varchar'") -%}
    {%- endfor -%}
    read_csv(
        [{{ sql_texts(layout['files']) }}], columns = { {{- columns | join(', ') -}} }, header = true, auto_detect = false,
        filename = '_raw_file', delim = ',', quote = '"', escape = '"', nullstr = '', allow_quoted_nulls = false,
        compression = {{ sql_text(csv_compression(layout['format'])) }},
        hive_partitioning = {{ is_partitioned | lower }}, hive_types_autocast = false
        {%- if collect_errors %},
        store_rejects = true, rejects_table = 'unreadable_lines', rejects_scan = 'unreadable_scans'
        {%- endif %}
    )
{%- endmacro %}


{% macro csv_compression(format) %}
    {{ return('gzip' if format == 'csv.gz' else 'none') }}
{% endmacro %}


{#- Which files a raw table holds, for the table's comment: publishing says from it what the marts were made from, and models that are
    kept by file know from it what has changed. To see the bytes of files in an object store, all of them would be fetched once
    more; there, size and time of change have to do. -#}
{% macro about_raw_files(source) %}
    {%- set names = source['path'].rstrip('/').split('/')[-2:] -%}
    {%- set is_folder = source['path'].endswith('/') -%}
    {%- set found = run_query(
        'select cast(sum(bytes) as bigint), case count(*) when 1 then max(sha256) else sha256(string_agg('
        ~ "file || ' ' || sha256, chr(10) order by file)) end, cast(to_json(map_from_entries(list((file, sha256) order by file))) as varchar) "
        ~ 'from (select * replace ('
        ~ ('substr(file, ' ~ (source['path'] | length + 1) ~ ')' if is_folder else sql_text(names[-1])) ~ ' as file) '
        ~ 'from (' ~ file_fingerprints_sql(source) ~ ')) as files'
    ).rows[0] -%}
    {{ return({
        'file': names | join('/') ~ ('/' if is_folder else ''),
        'bytes': found[0] | int,
        'sha256': found[1],
        'files': fromjson(found[2]),
    }) }}
{% endmacro %}


{#- What an earlier build wrote into a table's comment; nothing if there is none. -#}
{% macro about_relation(relation) %}
    {%- set found = run_query(
        'select comment from (select database_name, schema_name, table_name as name, comment from duckdb_tables() union all '
        ~ 'select database_name, schema_name, view_name, comment from duckdb_views()) as relations where json_valid(comment) '
        ~ 'and database_name = ' ~ sql_text(relation.database) ~ ' and schema_name = ' ~ sql_text(relation.schema)
        ~ ' and name = ' ~ sql_text(relation.identifier)
    ).rows -%}
    {{ return(fromjson(found[0][0]) if found else {}) }}
{% endmacro %}


{% macro write_about_relation(relation, about) %}
    {%- do run_query('comment on ' ~ relation.type ~ ' ' ~ relation ~ ' is ' ~ sql_text(tojson(about))) -%}
{% endmacro %}


{#- The files of a raw table, as the names in raw_file, that are not as they were. -#}
{% macro changed_files(now, before) %}
    {%- set changed = [] -%}
    {%- for file, sha256 in now.items() if before.get(file) != sha256 -%}
        {%- do changed.append(file) -%}
    {%- endfor -%}
    {{ return(changed) }}
{% endmacro %}


{#- The source with only some of its files, given as the names in raw_file. -#}
{% macro with_files(source, names) %}
    {%- set files = [] -%}
    {%- for file in source['files'] if not source['path'].endswith('/') or path_inside(source, file) in names -%}
        {%- do files.append(file) -%}
    {%- endfor -%}
    {{ return(dict(source, files=files)) }}
{% endmacro %}


{% macro file_fingerprints_sql(source) %}
    {%- if '://' in source['path'] %}
    select filename as file, size as bytes, sha256(concat_ws(' ', size, last_modified)) as sha256
    from read_blob([{{ sql_texts(source['files']) }}])
    {%- else %}
    select unnest(file_fingerprints([{{ sql_texts(source['files']) }}]), recursive := true)
    {%- endif %}
{% endmacro %}
