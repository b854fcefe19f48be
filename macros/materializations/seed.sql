{#-
  Loads every file under seeds/ with DuckDB's own CSV reader, in place of dbt's parser in Python: all columns are
  text, an empty field is null, and a quoted empty field is an empty string. The columns that a seed's YAML lists are
  the file's contract: they are looked up by name, so the file's column order and its extra columns don't matter.
-#}
{% materialization seed, adapter='duckdb' %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set source = raw_source(model) -%}
    {%- set header = read_header(source) -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {%- do forget_unreadable_lines() -%}
    {% call statement('main') -%}
        create or replace table {{ target_relation }} as
        select
            {%- for column in contract_columns(source, header) %}
            {{ adapter.quote(column['actual']) }} as {{ adapter.quote(column['expected']) }}{{ ',' if not loop.last }}
            {%- endfor %}
        from {{ read_csv_sql(source, header) }}
    {%- endcall %}

    {%- do check_unreadable_lines(source, header) -%}
    {%- if source['is_raw'] and run_query('select 1 from ' ~ target_relation ~ ' limit 1').rows | length == 0 -%}
        {{ raise_raw_error(source, 'has a header but no rows') }}
    {%- endif -%}

    {#- `dbt seed --show` prints this table; without it dbt fails after loading. -#}
    {{ store_raw_result(
        'agate_table', message='OK', code='OK', rows_affected='-1',
        agate_table=run_query('select * from ' ~ target_relation ~ ' limit 10')
    ) }}

    {% set should_revoke = should_revoke(true, full_refresh_mode=True) %}
    {% do apply_grants(target_relation, config.get('grants'), should_revoke=should_revoke) %}
    {% do persist_docs(target_relation, model) %}
    {%- if source['is_raw'] %}{% do record_raw_file(target_relation, source) %}{% endif -%}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}

    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}
