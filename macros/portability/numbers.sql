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


{#- A number in digits. Spark writes doubles below a thousandth and from ten million on with an exponent. -#}
{% macro number_as_text(number) -%}
    {{ return(adapter.dispatch('number_as_text')(number)) }}
{%- endmacro %}

{% macro duckdb__number_as_text(number) -%}
    cast({{ number }} as {{ dbt.type_string() }})
{%- endmacro %}

{% macro default__number_as_text(number) -%}
    {%- set text = 'cast(' ~ number ~ ' as ' ~ dbt.type_string() ~ ')' -%}
    case
        when {{ text }} like '%E%'
            then regexp_replace(
                cast(cast({{ text }} as decimal(38, 22)) as {{ dbt.type_string() }}), '([.][0-9]+?)0*$', '$1'
            )
        else {{ text }}
    end
{%- endmacro %}


{#-
  A quotient of decimals, rounded to so many digits. DuckDB divides doubles, where half a cent is often a little less, and
  Spark divides decimals: here both divide doubles, the first of which is a whole number.
-#}
{% macro decimal_quotient(dividend, divisor, digits) -%}
    {%- set factor = 10 ** digits -%}
    cast(
        round(cast({{ factor }} * {{ dividend }} as double) / {{ divisor }}) / {{ factor }}
        as decimal(18, {{ digits }})
    )
{%- endmacro %}


{#-
  A double as a decimal of so many digits. DuckDB rounds the double, Spark what it writes for it, and they differ where a
  digit more would be a half: here it is rounded before.
-#}
{% macro double_as_decimal(number, digits, precision=38) -%}
    cast(round(1e{{ digits }} * ({{ number }})) / 1e{{ digits }} as decimal({{ precision }}, {{ digits }}))
{%- endmacro %}


{#- Correlation of two columns without nulls; null where one does not vary, of which DuckDB alone makes NaN. -#}
{% macro correlation(x, y) -%}
    case when min({{ x }}) < max({{ x }}) and min({{ y }}) < max({{ y }}) then corr({{ x }}, {{ y }}) end
{%- endmacro %}
