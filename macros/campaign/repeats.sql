{#- For customers that are equal in everything but their key: the number of a customer among these, in the order of the keys. -#}
{% macro row_of_repeat(key, columns) -%}
    row_number() over (partition by {{ row_values(columns) }} order by {{ key }} nulls last)
{%- endmacro %}
