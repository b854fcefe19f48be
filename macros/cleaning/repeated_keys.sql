{#- For keys that stand in a file more than once: the number of a row among those of its key, and whether these differ. Rows of a
    key are numbered in the order of their values, and of how the file spells them, never in the order of the file. -#}
{% macro row_of_key(key, columns, raw_columns) -%}
    {%- set spelled = [] -%}
    {%- for column in raw_columns -%}{%- do spelled.append(adapter.quote(column)) -%}{%- endfor -%}
    row_number() over (
        partition by {{ key }} order by {{ row_values(columns) }} nulls last, {{ row_values(spelled) }} nulls last
    )
{%- endmacro %}


{% macro has_variants(key, columns) -%}
    min({{ row_values(columns) }}) over (partition by {{ key }})
    <> max({{ row_values(columns) }}) over (partition by {{ key }})
{%- endmacro %}


{% macro row_values(columns) -%}
    concat_ws('|' {%- for column in columns %}, coalesce(cast({{ column }} as {{ dbt.type_string() }}), '') {%- endfor %})
{%- endmacro %}
