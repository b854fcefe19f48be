{#-
  Loads every file under seeds/ with DuckDB's own readers, in place of dbt's parser in Python: all columns are
  text, an empty field is null, and a quoted empty field is an empty string. The columns that a seed's YAML lists are
  the file's contract: they are looked up by name, so the file's column order and its extra columns don't matter.
  Raw tables of `raw_view_bytes` and more are not copied but read through a view.
-#}
{% materialization seed, adapter='duckdb' %}
    {%- set existing_relation = load_cached_relation(this) -%}
    {%- set source = raw_source(model) -%}
    {%- set layouts = raw_layouts(source) -%}
    {%- set target_relation = this.incorporate(type=raw_relation_type(source)) -%}
    {%- set is_copied = target_relation.type == 'table' -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {%- do drop_if_other_type(existing_relation, target_relation.type) -%}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {%- do forget_unreadable_lines() -%}
    {%- if source['is_raw'] -%}
        {%- set about = about_raw_files(source) -%}
    {%- endif -%}
    {%- if not is_copied and not is_read_by_file(model) -%}
        {#- Only files that were not read before: what has been read once is readable. -#}
        {%- set changed = changed_files(about['files'], about_relation(target_relation).get('files', {})) -%}
        {%- if changed -%}
            {%- set changed_layouts = layouts if changed | length == source['files'] | length
                else raw_layouts(with_files(source, changed)) -%}
            {%- do read_all_fields(source, changed_layouts) -%}
            {%- do check_unreadable_lines(source, changed_layouts) -%}
        {%- endif -%}
    {%- endif -%}
    {% call statement('main') -%}
        create or replace {{ target_relation.type }} {{ target_relation }} as
        {{ raw_rows_sql(source, layouts, collect_errors=is_copied) }}
    {%- endcall %}
    {%- set rows = target_relation if is_copied else '(' ~ raw_rows_sql(source, layouts, collect_errors=true) ~ ') as rows' -%}
    {%- set first_rows = run_query('select * from ' ~ rows ~ ' limit 10') -%}
    {%- do check_unreadable_lines(source, layouts) -%}
    {%- if source['is_raw'] and first_rows.rows | length == 0 -%}
        {{ raise_raw_error(source, 'has a header but no rows') }}
    {%- endif -%}

    {#- `dbt seed --show` prints this table; without it dbt fails after loading. -#}
    {{ store_raw_result(
        'agate_table', message='OK', code='OK', rows_affected='-1',
        agate_table=first_rows
    ) }}

    {% set should_revoke = should_revoke(true, full_refresh_mode=True) %}
    {% do apply_grants(target_relation, config.get('grants'), should_revoke=should_revoke) %}
    {% do persist_docs(target_relation, model) %}
    {%- if source['is_raw'] %}{% do write_about_relation(target_relation, about) %}{% endif -%}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}

    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}


{#- Whether a raw table has readers, all of them models that are kept by file: these look for unreadable lines as they read. -#}
{% macro is_read_by_file(seed) %}
    {%- set readers = [] -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'model' and seed.unique_id in node.depends_on.nodes -%}
        {%- do readers.append(node.config.materialized) -%}
    {%- endfor -%}
    {{ return(readers | unique | list == ['by_file']) }}
{% endmacro %}
