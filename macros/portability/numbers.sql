{#- The type of whole numbers of up to 38 digits. Arithmetic with DuckDB's hugeint is cheaper than with decimals. -#}
{% macro wide_integer() -%}
    {{ return(adapter.dispatch('wide_integer')()) }}
{%- endmacro %}

{% macro duckdb__wide_integer() -%}
    {{ return('hugeint') }}
{%- endmacro %}

{% macro default__wide_integer() -%}
    {{ return('decimal(38, 0)') }}
{%- endmacro %}


{#- Correlation of two columns without nulls; null where one does not vary, of which DuckDB alone makes NaN. -#}
{% macro correlation(x, y) -%}
    case when min({{ x }}) < max({{ x }}) and min({{ y }}) < max({{ y }}) then corr({{ x }}, {{ y }}) end
{%- endmacro %}
