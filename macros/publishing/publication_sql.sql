{#- The script that writes and publishes the marts of this run. -#}
{% macro publication_sql(results, scope, published) %}
    {%- set has_copies = env_var('SEGMART_PARQUET', '') | lower not in ['', '0', 'false', 'no'] -%}
    {%- set run = duckdb_text(published) ~ ', ' ~ duckdb_text(invocation_id) ~ ', ' ~ has_copies | lower -%}
    {%- set folder, _, name = published.rpartition('/') -%}
    {%- set folder = folder ~ '/' if '/' in published else '' -%}
    {%- set draft = folder ~ '.' ~ name ~ '.' ~ invocation_id ~ '.tmp' -%}
    set variable draft_file = {{ checked('open_publication(' ~ run ~ ')') }};

    {# Older clients read this format only. -#}
    attach {{ duckdb_text(draft) }} as draft (storage_version 'v1.0.0');
    {%- if scope['hides_customers'] %}
    {{ hidden_keys_sql(scope) }}
    {%- endif %}
    {%- set described = published_tables(scope) %}
    {% for table in described %}
    {{ published_table_sql(table, scope) }}
    {% endfor %}
    {{ publication_files_sql(scope) }}
    {{ publication_table_sql(results, scope, described) }}
    {{ catalog_sql(described) }}
    {%- if has_copies %}
        {%- set copies = folder ~ '.' ~ name.rpartition('.')[0] ~ '_parquet.' ~ invocation_id ~ '/' %}
        {%- for table in described | map(attribute='name') | list + ['publication', 'publication_files'] %}
    copy draft.main.{{ table }} to {{ duckdb_text(copies ~ table ~ '.parquet') }} (format parquet);
        {%- endfor %}
    {%- endif %}
    checkpoint draft;
    detach draft;
    {%- set limit = 'cast(' ~ (var('max_published_change') if var('max_published_change') is not none else 'null') ~ ' as double)' %}
    set variable recorded = {{ checked('record_build(' ~ duckdb_text(published) ~ ', ' ~ duckdb_text(invocation_id) ~ ', ' ~ limit ~ ')') }};
    set variable published_bytes = {{ checked('close_publication(' ~ run ~ ')') }};
{% endmacro %}


{#- What a function of `segmart.duckdb_functions` gives; the query stops with what is wrong. -#}
{% macro checked(call) -%}
    (select coalesce(answer ->> 'value', error(answer ->> 'error')) from (select {{ call }} as answer))
{%- endmacro %}


{#- A mart as its contract describes it, in the order of its key: the same file whatever the threads did, and ranges of keys that a
    reader can skip. Comments come before a table that refers to this one, which would then hold it as it is. -#}
{% macro published_table_sql(table, scope) %}
    {%- set relation = 'draft.main.' ~ table.name -%}
    {%- set columns = table.columns -%}
    create table {{ relation }} (
        {%- for column in columns %}
        {{ quoted_name(column.name) }} {{ column.data_type }}
        {{- ' not null' if 'not_null' in column.constraints | map(attribute='type') }}
        {{- ',' if not loop.last }}
        {%- endfor %}
        {%- if table.is_keyed and table.key %},
        primary key ({{ quoted(table.key) }})
        {%- endif %}
        {%- for unique in table.unique_keys %},
        unique ({{ quoted(unique) }})
        {%- endfor %}
        {%- for reference in table.references if reference.is_enforced %},
        foreign key ({{ quoted(reference.columns) }}) references {{ reference.to }} ({{ quoted(reference.to_columns) }})
        {%- endfor %}
    );
    insert into {{ relation }}
    select {{ quoted(columns | map(attribute='name')) }}
    from {% if scope['hides_customers'] %}({{ hidden_rows_sql(table.mart) }}){% else %}{{ table.mart.relation_name }}{% endif %}
    order by {{ quoted(table.key) or 'all' }};
    comment on table {{ relation }} is {{ duckdb_text(table.description) }};
    {%- for column in columns %}
    comment on column {{ relation }}.{{ quoted_name(column.name) }} is {{ duckdb_text(column.description | trim) }};
    {%- endfor %}
{% endmacro %}


{#- Columns of the model's `primary_key` test, or those that only the published table is checked for; none if it has no key. -#}
{% macro key_columns(model, tests) %}
    {%- set keys = [] -%}
    {%- do keys.extend(model.config.meta.get('published_key', [])) -%}
    {%- for test in tests if test.attached_node == model.unique_id and test.test_metadata.name == 'primary_key' -%}
        {%- do keys.extend(test.test_metadata.kwargs['columns']) -%}
    {%- endfor -%}
    {{ return(keys) }}
{% endmacro %}


{% macro quoted(columns) -%}
    {%- for column in columns -%}
        {{ quoted_name(column) }}{{ ', ' if not loop.last }}
    {%- endfor -%}
{%- endmacro %}


{#- Of DuckDB, which publishes on every engine. -#}
{% macro quoted_name(column) -%}
    {{ return('"' ~ column ~ '"') }}
{%- endmacro %}


{#- The raw files that were read, as loading has written them down. -#}
{% macro publication_files_sql(scope) %}
    create table draft.main.publication_files as
    select
        table_name as file_name,
        cast(sum(bytes) as bigint) as bytes,
        case count(*) when 1 then max(sha256) else sha256(string_agg(raw_file || ' ' || sha256, chr(10) order by raw_file)) end as sha256
    from {{ raw_files() }}
    where seed in (
        {{ duckdb_text('mapped' if 'mapped' in enabled_datasets() else '') }}
        {%- for unique_id in scope['sources'] if unique_id.startswith('seed.') %},
        {{ duckdb_text(graph.nodes[unique_id].name) }}
        {%- endfor %}
    )
    group by table_name
    order by file_name;
    {{ comments_sql('publication_files', 'The raw files that the marts were made from, one row per file.', {
        'file_name': 'Dataset and name of the file in the data directory; the segmart.yml of mapped files is one of them.',
        'bytes': 'Size of the file as it lies there, compressed or not; of a directory, of all its files.',
        'sha256': 'SHA-256 of all bytes of the file, taken when it was loaded. Of a file over 64 MiB it is taken over those of its '
            ~ 'pieces of 64 MiB, their number behind it; of a directory over those of its files; of files in an object store over sizes '
            ~ 'and times of change.',
    }) }}
{% endmacro %}


{% macro publication_table_sql(results, scope, tables) %}
    {%- set warnings = results | selectattr('status', 'equalto', 'warn') | list | length %}
    create table draft.main.publication as
    select
        marts.table_name,
        marts.row_count,
        cast('{{ modules.datetime.datetime.now(modules.pytz.utc).strftime("%Y-%m-%d %H:%M:%S") }}' as timestamp) as published_at,
        cast('{{ run_started_at.astimezone(modules.pytz.utc).strftime("%Y-%m-%d %H:%M:%S") }}' as timestamp) as build_started_at,
        {{ duckdb_text(invocation_id) }} as invocation_id,
        revision.git_commit,
        data_source({{ duckdb_text(env_var('SEGMART_DATA', '')) }}) as data_source,
        files.data_fingerprint,
        cast({{ warnings }} as integer) as warnings,
        {{ scope['hides_customers'] | lower }} as hides_customers,
        {{ 'cast(' ~ var('smallest_group') ~ ' as integer)' if scope['hides_customers'] else 'cast(null as integer)' }} as smallest_group
    from (
        {%- for table in tables %}
        select {{ duckdb_text(table.name) }} as table_name, count(*) as row_count from draft.main.{{ table.name }}
        {{ 'union all' if not loop.last }}
        {%- endfor %}
    ) as marts
    cross join (
        select sha256(string_agg(concat_ws(' ', file_name, bytes, sha256), chr(10) order by file_name)) as data_fingerprint
        from draft.main.publication_files
    ) as files
    cross join (select git_commit({{ duckdb_text(project_folder()) }}) as git_commit) as revision
    order by marts.table_name;
    {{ comments_sql('publication', 'What this file was made from and when, one row per mart.', {
        'table_name': 'Name of the mart.',
        'row_count': 'Rows of the mart.',
        'published_at': 'When the marts were copied here, UTC.',
        'build_started_at': 'When the build began that made and tested the marts, UTC.',
        'invocation_id': 'Identifier of the dbt run, as in its log and artifacts.',
        'git_commit': 'Commit of the project, with -dirty behind if tracked files had been changed; null outside of git.',
        'data_source': 'Name of the folder of raw files, or "synthetic sample": the invented data that come with the project.',
        'data_fingerprint': 'SHA-256 over names, sizes and contents of the raw files; equal if and only if the data were.',
        'warnings': 'Tests of the build that warned; none failed.',
        'hides_customers': 'Whether ids of customers and receipts are keyed hashes here, and raw rows and small groups are left out.',
        'smallest_group': 'Customers that a group has here at least; null if groups of any size are here.',
    }) }}
{% endmacro %}


{% macro comments_sql(table, description, columns) %}
    comment on table draft.main.{{ table }} is {{ duckdb_text(description) }};
    {%- for column, about in columns.items() %}
    comment on column draft.main.{{ table }}.{{ column }} is {{ duckdb_text(about) }};
    {%- endfor %}
{% endmacro %}


{#- The folder of dbt_project.yml. -#}
{% macro project_folder() %}
    {{ return(invocation_args_dict.get('project_dir') or '.') }}
{% endmacro %}
