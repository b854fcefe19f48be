{#-
  A setting that stands in a reference list, as a number of a type, whole or decimal, within limits: a wrong one stops the build with a
  sentence that names the row, the column, the value and what it has to be. `row_name` is SQL for the place, such as
  `basket_levels: row chips: `.
-#}
{% macro checked_number(column, type, low, high, row_name) -%}
    {%- set kind = 'a whole number' if type in ['integer', 'bigint'] else 'a number' -%}
    {%- set written = "coalesce(" ~ column ~ ", 'empty')" -%}
    {#- The wider decimal keeps what the type would round away. -#}
    {%- set number = 'try_cast(' ~ column ~ ' as decimal(38, 15))' -%}
    cast(case
        when {{ number }} between {{ low }} and {{ high }} and {{ number }} = try_cast({{ number }} as {{ type }})
            then {{ number }}
        else {{ raise_in_sql(
            row_name ~ " || '" ~ column ~ " is ' || " ~ written
            ~ " || ', but has to be " ~ kind ~ " from " ~ low ~ " to " ~ high ~ "'"
        ) }}
    end as {{ type }})
{%- endmacro %}
