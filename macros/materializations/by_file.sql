{#-
  A table that keeps what its model made of each file of a raw table: the next build reads the files that are new or
  changed, deletes the rows of those that are changed or gone, and leaves the others alone. The result is that of a full
  refresh, which `--full-refresh` and any change of the model's SQL make, be it by a variable or a macro.

  The model reads one seed, treats each of its rows, or each file, by itself, and has the column `raw_file`. The table's
  comment says which version of the files it holds; it is written in the same transaction as the rows. Files that a view
  stands for are read here for the first time, so unreadable lines are looked for here.
-#}
{% materialization by_file, adapter='duckdb' %}
    {%- set existing_relation = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set seed = graph.nodes[model.depends_on.nodes[0]] -%}
    {%- set raw_relation = api.Relation.create(seed.database, seed.schema, seed.alias) -%}
    {%- set now = about_relation(raw_relation)['files'] -%}
    {%- set about = {'sql': local_md5(compiled_code), 'files': now} -%}
    {%- set before = about_relation(this) if existing_relation is not none and existing_relation.type == 'table' else {} -%}
    {%- set is_kept = before.get('sql') == about['sql'] and not should_full_refresh() -%}
    {#- What is read from files: all that a view stands for, but of a table that was copied only what has changed since. -#}
    {%- set is_copied = load_cached_relation(raw_relation).type == 'table' -%}
    {%- set fresh = changed_files(now, before['files']) if is_kept else ([] if is_copied else now | list) -%}
    {%- set fresh_sql = compiled_code -%}
    {%- if fresh -%}
        {%- set source = with_files(raw_source(seed), fresh) -%}
        {%- set layouts = raw_layouts(source) -%}
        {%- set fresh_sql = compiled_code | replace(
            raw_relation | string, '(' ~ raw_rows_sql(source, layouts, collect_errors=true) ~ ') as ' ~ seed.alias
        ) -%}
        {%- do forget_unreadable_lines() -%}
    {%- endif -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {%- do drop_if_other_type(existing_relation, 'table') -%}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {% call statement('main') -%}
        {{ replace_files_sql(target_relation, fresh_sql, now, before['files'], fresh) if is_kept
            else replace_table_sql(target_relation, fresh_sql) }}
    {%- endcall %}
    {%- if fresh -%}
        {%- do check_unreadable_lines(source, layouts) -%}
    {%- endif -%}
    {%- do write_about_relation(target_relation, about) -%}
    {% do create_indexes(target_relation) %}
    {% do apply_grants(target_relation, config.get('grants'), should_revoke(existing_relation, full_refresh_mode=True)) %}
    {% do persist_docs(target_relation, model) %}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}

    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}


{% macro replace_files_sql(relation, fresh_sql, now, before, fresh) %}
    {%- set obsolete = changed_files(before, now) -%}
    {%- do log(model.name ~ ': ' ~ fresh | length ~ ' of ' ~ now | length ~ ' files are new or changed', info=true) -%}
    {%- if obsolete %}
    delete from {{ relation }} where raw_file in ({{ sql_texts(obsolete) }});
    {%- endif %}
    {%- if fresh %}
    insert into {{ relation }} by name
    {{ fresh_sql }};
    {%- endif %}
    select 1
{% endmacro %}
