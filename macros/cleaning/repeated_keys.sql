{#- For keys that stand in a file more than once: the number of a row among those of its key, and whether these differ. Rows of a
    key are numbered in the order of their values, never in that of the file. -#}
{% macro row_of_key(key, columns) -%}
    row_number() over (partition by {{ key }} order by {{ row_values(columns) }})
{%- endmacro %}


{% macro has_variants(key, columns) -%}
    min({{ row_values(columns) }}) over (partition by {{ key }})
    <> max({{ row_values(columns) }}) over (partition by {{ key }})
{%- endmacro %}


{% macro row_values(columns) -%}
    concat_ws('|' {%- for column in columns %}, coalesce(cast({{ column }} as {{ dbt.type_string() }}), '') {%- endfor %})
{%- endmacro %}
