{#- Schemas are exactly raw, staging, intermediate, marts and reference, without the target's schema in front, so that a
    query written against one environment runs in all of them. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
