{#- Stops the query with a message, a text in SQL. -#}
{% macro raise_in_sql(message) -%}
    {{ return(adapter.dispatch('raise_in_sql')(message)) }}
{%- endmacro %}

{% macro duckdb__raise_in_sql(message) -%}
    {{ return('error(' ~ message ~ ')') }}
{%- endmacro %}

{% macro default__raise_in_sql(message) -%}
    {{ return('raise_error(' ~ message ~ ')') }}
{%- endmacro %}
