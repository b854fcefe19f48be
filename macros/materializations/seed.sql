{#-
  Loads a file under seeds/, or the one of the same name in the data directory, as `segmart.loading` says: all columns are text unless
  `column_types` names another type, an empty field is null, and a quoted empty field is an empty string. The columns that a seed's YAML
  lists are the file's contract. Raw tables of `raw_view_bytes` and more are not copied but read through a view.
-#}
{% materialization seed, adapter='duckdb' %}
    {%- set raw_table = describe_raw_table(model) -%}
    {%- set existing_relation = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type=raw_table['type']) -%}
    {%- set is_of_other_type = existing_relation is not none and existing_relation.type != target_relation.type -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {{ drop_relation_if_exists(existing_relation if is_of_other_type else none) }}
    {% call statement('main') -%}
        create or replace {{ target_relation.type }} {{ target_relation }} as
        {{ raw_table['select'] }}
    {%- endcall %}
    {%- do remember_raw_files(model.name, raw_table['files']) -%}
    {#- What `dbt seed --show` prints. -#}
    {%- do store_result('agate_table', response='OK', agate_table=run_query('select * from ' ~ target_relation ~ ' limit 10')) -%}

    {% do apply_grants(target_relation, config.get('grants'), should_revoke(existing_relation, full_refresh_mode=True)) %}
    {% do persist_docs(target_relation, model) %}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}

    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}


{#- The same on Spark, whose driver reads the files with DuckDB; raw tables of any size are copied, into Parquet files of a size that
    workers share. -#}
{% materialization seed, adapter='segmartspark' %}
    {%- set raw_table = describe_raw_table(model) -%}
    {%- set target_relation = this.incorporate(type='table') -%}
    {{ run_hooks(pre_hooks) }}
    {%- do adapter.load_rows(target_relation, raw_table['select']) -%}
    {%- do remember_raw_files(model.name, raw_table['files']) -%}
    {%- call noop_statement('main', 'OK') -%}{%- endcall -%}
    {%- do store_result('agate_table', response='OK', agate_table=run_query('select * from ' ~ target_relation ~ ' limit 10')) -%}
    {{ run_hooks(post_hooks) }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
