{#- Rows of unit tests: dbt pastes lists and maps as Python writes them, which no engine but DuckDB reads, and that not with `None` or quotes in them. -#}
{% macro duckdb__safe_cast(field, type) -%}
    cast({{ fixture_value(field) }} as {{ type }})
{%- endmacro %}

{% macro spark__safe_cast(field, type) -%}
    cast({{ fixture_value(field) }} as {{ type }})
{%- endmacro %}


{#- A value of such a row in SQL. Texts that do not stand in a list are SQL already. -#}
{% macro fixture_value(value) -%}
    {%- if value is mapping -%}
        {{ return(json_as_map(sql_text(tojson(value)))) }}
    {%- elif value is string or value is not sequence -%}
        {{ return(value) }}
    {%- endif -%}
    {%- set items = [] -%}
    {%- for item in value -%}
        {%- do items.append('null' if item is none else sql_text(item) if item is string else item) -%}
    {%- endfor -%}
    {{ return(array_of(items)) }}
{%- endmacro %}


{#- A quote within a text. The backslash, too, begins an escape in Spark. -#}
{% macro spark__escape_single_quotes(expression) -%}
    {{ return(sql_text(expression)[1:-1]) }}
{%- endmacro %}
