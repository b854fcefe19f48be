{% macro is_plausible_date(date) -%}
    ({{ date }} between date '{{ var("earliest_date") }}' and date '{{ var("latest_date") }}')
{%- endmacro %}
