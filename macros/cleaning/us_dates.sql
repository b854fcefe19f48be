{#- Dates with the month first, with or without a time of day that is cut off: 6/16/14, 06/16/2014, 08/22/1948 05:06 AM, 16-06-2014; a
    year of two digits belongs to this century. Nothing in 03/04/14 says which number is the month, so the caller says whether the file
    writes the day first. -#}
{% macro to_date_us(text, is_day_first='false') -%}
    try_cast(
        right('20' || {{ extract_regex('trim(' ~ text ~ ')', short_date_pattern(), 3) }}, 4)
        || '-' || lpad(cast(case when {{ is_day_first }} then {{ date_part_of_text(text, 2) }} else {{ date_part_of_text(text, 1) }} end as {{ dbt.type_string() }}), 2, '0')
        || '-' || lpad(cast(case when {{ is_day_first }} then {{ date_part_of_text(text, 1) }} else {{ date_part_of_text(text, 2) }} end as {{ dbt.type_string() }}), 2, '0')
        as date
    )
{%- endmacro %}


{#- The first or second number of such a date. -#}
{% macro date_part_of_text(text, number) -%}
    try_cast({{ extract_regex('trim(' ~ text ~ ')', short_date_pattern(), number) }} as integer)
{%- endmacro %}


{% macro short_date_pattern() -%}
    {{ return('^([0-9]{1,2})[/-]([0-9]{1,2})[/-]([0-9]{4}|[0-9]{2})( .*)?$') }}
{%- endmacro %}
