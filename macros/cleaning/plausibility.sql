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


{#- Whether a day is none after the day that is counted to; true if nothing sets one. -#}
{% macro is_until_as_of_date(date, as_of_date) -%}
    {%- if as_of_date -%}
        ({{ date }} <= date '{{ as_of_date }}')
    {%- else -%}
        (true)
    {%- endif -%}
{%- endmacro %}
