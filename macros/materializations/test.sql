{#-
  Runs a data test as one query. dbt's own form opens a transaction for it and rolls it back, which is a tenth of a
  small test's time; it is still what stores failures and knows SQL headers.
-#}
{% materialization test, adapter='duckdb' %}
    {%- if should_store_failures() or config.get('sql_header') -%}
        {{ return(dbt.materialization_test_default()) }}
    {%- endif -%}

    {% call statement('main', fetch_result=True, auto_begin=False) -%}
        {{ get_test_sql(
            sql, config.get('fail_calc'), config.get('warn_if'), config.get('error_if'), config.get('limit')
        ) }}
    {%- endcall %}

    {{ return({'relations': []}) }}
{% endmaterialization %}
