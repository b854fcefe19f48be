{#- For keys that stand in a file more than once: the number of a row among those of its key, and how many different rows the
    key has. Rows of a key are numbered in the order of their values, never in that of the file. -#}
{% macro row_of_key(key, columns) -%}
    row_number() over (partition by {{ key }} order by {{ columns | join(', ') }})
{%- endmacro %}


{% macro variants_of_key(key, columns) -%}
    dense_rank() over (partition by {{ key }} order by {{ columns | join(', ') }})
    + dense_rank() over (partition by {{ key }} order by {{ columns | join(' desc, ') }} desc)
    - 1
{%- endmacro %}
