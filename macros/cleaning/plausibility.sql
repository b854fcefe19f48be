{% macro is_plausible_date(date) -%}
    ({{ date }} between date '{{ var("earliest_date") }}' and date '{{ var("latest_date") }}')
{%- endmacro %}


{#- Aggregate: the day that recency and age are counted to: the variable if it is set, else a date found in the data. The clock is
    never asked, so that the same files give the same marts tomorrow. -#}
{% macro as_of_date(latest_date) -%}
    {%- if var('as_of_date') -%}
        max(date '{{ var("as_of_date") }}')
    {%- else -%}
        {{ latest_date }}
    {%- endif -%}
{%- endmacro %}
