{#- Put between `as` and the bracket of a CTE: it is computed once and by itself. Where the optimizer misjudges how
    many rows come out, it may otherwise merge the CTE into its reader and join in an order that takes many times as
    long. -#}
{% macro materialized_cte() -%}
    {{ return(adapter.dispatch('materialized_cte')()) }}
{%- endmacro %}

{% macro duckdb__materialized_cte() -%}
    {{ return('materialized') }}
{%- endmacro %}

{% macro default__materialized_cte() -%}
    {{ return('') }}
{%- endmacro %}
