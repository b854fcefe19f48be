{#-
  Runs a data test as one query. dbt's own form opens a transaction for it and rolls it back, which is a tenth of a
  small test's time; it still stores failures where that is asked for.
-#}
{% materialization test, adapter='duckdb' %}
    {%- if should_store_failures() -%}
        {{ return(dbt.materialization_test_default()) }}
    {%- endif -%}

    {% call statement('main', fetch_result=True, auto_begin=False) -%}
        {{ get_test_sql(
            sql, config.get('fail_calc'), config.get('warn_if'), config.get('error_if'), config.get('limit')
        ) }}
    {%- endcall %}

    {{ return({'relations': []}) }}
{% endmaterialization %}
