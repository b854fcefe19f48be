{#-
  Two tables say what the tables of this database were made from:

      raw_files    what every file of a raw table held when it was loaded
      read_files   which version of its files an incremental model has read, and with which rules
-#}
{% macro create_raw_files() %}
    create schema if not exists {{ source('loading', 'raw_files').without_identifier().render() }};
    create table if not exists {{ raw_files() }} (
        seed text, table_name text, raw_file text, path text, bytes bigint, sha256 text, modified bigint, row_count bigint
    );
    create table if not exists {{ read_files() }} (
        model text, raw_file text, sha256 text, rules text
    );
{% endmacro %}


{#- Their names, also in a run with `--empty`, which would put queries of no rows in their place. -#}
{% macro raw_files() %}
    {{ return(source('loading', 'raw_files').render()) }}
{% endmacro %}


{% macro read_files() %}
    {{ return(source('loading', 'read_files').render()) }}
{% endmacro %}


{#- Which files a seed stands for and how to read them: {type, select, files}; see `segmart.loading.raw_tables`. -#}
{% macro describe_raw_table(seed) %}
    {%- set settings = {'quote_columns': none, 'delimiter': ','} -%}
    {%- for setting, default in settings.items() if seed.config.get(setting, default) not in [none, default] -%}
        {{ exceptions.raise_compiler_error(
            'The seed ' ~ seed.name ~ ' sets ' ~ setting ~ ', which this project does not support: its seeds are comma-separated, and their '
            ~ 'columns have the names that stand in the YAML file.'
        ) }}
    {%- endfor -%}
    {%- set about = {
        'name': seed.name,
        'path': adapter.get_seed_file_path(seed),
        'folders': seed.original_file_path.replace('\\', '/').split('/')[:-1],
        'columns': seed.columns.values() | map(attribute='name') | list,
        'column_types': seed.config.get('column_types', {}),
        'data_directory': env_var('SEGMART_DATA', ''),
        'view_bytes': var('raw_view_bytes'),
    } -%}
    {{ return(answer_of(
        'raw_table(' ~ duckdb_text(tojson(about)) ~ ', ('
        ~ 'select cast(to_json(list(files)) as varchar) from ' ~ raw_files() ~ ' as files '
        ~ 'where seed = ' ~ duckdb_text(seed.name) ~ '))'
    )) }}
{% endmacro %}


{#- In the transaction that loads a seed's files. What was copied was read after the files were hashed, so these are compared once more. -#}
{% macro remember_raw_files(seed, files) %}
    {%- do duckdb_query(
        'delete from ' ~ raw_files() ~ ' where seed = ' ~ duckdb_text(seed) ~ '; '
        ~ 'insert into ' ~ raw_files() ~ ' by name '
        ~ 'select unnest(from_json(' ~ duckdb_text(tojson(files)) ~ ', ' ~ duckdb_text(tojson([{
            'seed': 'text', 'table_name': 'text', 'raw_file': 'text', 'path': 'text', 'bytes': 'bigint', 'sha256': 'text',
            'modified': 'bigint', 'row_count': 'bigint',
        }])) ~ '), recursive := true)'
    ) -%}
    {%- do check_raw_files(seed) -%}
{% endmacro %}


{#- Stops if a file of a raw table is not as it was when it was hashed. -#}
{% macro check_raw_files(seed) %}
    {%- do stop_if_changed(
        '(select cast(to_json(list(files)) as varchar) from ' ~ raw_files() ~ ' as files where seed = ' ~ duckdb_text(seed) ~ ')'
    ) -%}
{% endmacro %}


{#- Stops if one of some files, rows of raw_files as JSON in SQL, is not as it was when it was hashed. -#}
{% macro stop_if_changed(files) %}
    {%- set changed = duckdb_query('select changed_raw_file(' ~ files ~ ')').rows[0][0] -%}
    {%- if changed is not none -%}
        {{ exceptions.raise_compiler_error(changed) }}
    {%- endif -%}
{% endmacro %}
