{#-
  An incremental model that reads the changed files of a raw table only, and whose result is that of a full refresh; on Spark, whose
  tables of Parquet lose no single rows, it is a table that every build makes anew:

      config(
          materialized="incremental" if target.type == "duckdb" else "table", incremental_strategy="delete+insert",
          unique_key="raw_file", on_schema_change="sync_all_columns",
          pre_hook="{{ delete_changed_files(seed, rules) }}", post_hook="{{ remember_read_files(seed, rules) }}"
      )
      ...
      {% if is_incremental() %} where {{ is_in_changed_file(seed, rules) }} {% endif %}

  Its rows are made from one file each, and have its name in `raw_file`. `rules` is the SQL that they are made with: where it, or the text of
  the model, is another than last time, all files count as changed.
-#}
{% macro is_in_changed_file(seed, rules) -%}
    {%- if execute -%}
        {%- set files = run_query(
            'select raw_file, raw_file in (' ~ unchanged_files_sql(seed, rules) ~ ') from ' ~ raw_files()
            ~ ' where seed = ' ~ sql_text(seed) ~ ' order by raw_file'
        ).rows -%}
        {%- set changed = files | rejectattr(1) | map(attribute=0) | list -%}
        {%- do log(model.name ~ ': ' ~ changed | length ~ ' of ' ~ files | length ~ ' files are new or changed', info=true) -%}
        {{ 'raw_file in (' ~ sql_texts(changed) ~ ')' if changed else 'false' }}
    {%- else -%}
        {%- do raw_files() -%}
        {%- do read_files() -%}
        false
    {%- endif -%}
{%- endmacro %}


{#- Before the insert: what was made from files that have changed or gone, also from those that hold no rows any more. -#}
{% macro delete_changed_files(seed, rules) -%}
    {%- if execute and is_incremental() -%}
        delete from {{ this }} where raw_file not in ({{ unchanged_files_sql(seed, rules) }})
    {%- endif -%}
{%- endmacro %}


{#- After the insert, in the same transaction. A run that reads a part of the rows leaves nothing that the next one could build on. -#}
{% macro remember_read_files(seed, rules) -%}
    {%- set raw_table = ref(seed) -%}
    {%- if execute and model.config.materialized == 'incremental' -%}
        {%- if load_cached_relation(raw_table).type == 'view' -%}
            {%- do check_raw_files(seed) -%}
        {%- endif -%}
        delete from {{ read_files() }} where model = {{ sql_text(model.name) }};
        {%- if not (invocation_args_dict.get('empty') or invocation_args_dict.get('sample')) %}
        insert into {{ read_files() }}
        select
            {{ sql_text(model.name) }} as model,
            raw_file,
            sha256,
            {{ sql_text(local_md5(model.raw_code ~ rules)) }} as rules
        from {{ raw_files() }}
        where seed = {{ sql_text(seed) }}
        {%- endif %}
    {%- endif -%}
{%- endmacro %}


{% macro unchanged_files_sql(seed, rules) -%}
    select raw_file
    from {{ read_files() }} inner join {{ raw_files() }} using (raw_file, sha256)
    where
        seed = {{ sql_text(seed) }}
        and model = {{ sql_text(model.name) }}
        and rules = {{ sql_text(local_md5(model.raw_code ~ rules)) }}
{%- endmacro %}


{#- How the database has written down a view; nothing for a model that is built anew each time. -#}
{% macro view_sql(relation) %}
    {%- if execute and model.config.materialized == 'incremental' -%}
        {{ return(run_query(
            'select sql from duckdb_views() where database_name = ' ~ sql_text(relation.database) ~ ' and schema_name = '
            ~ sql_text(relation.schema) ~ ' and view_name = ' ~ sql_text(relation.identifier)
        ).columns[0].values() | join) }}
    {%- endif -%}
{% endmacro %}
