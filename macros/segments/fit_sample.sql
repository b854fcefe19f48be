{#- Whether a row is in the sample that is fitted: all rows, or fit_sample_rows of them by the hash of their key, so that the same data
    gives the same sample in whatever order it comes. -#}
{% macro is_in_fit_sample(analysis, key) -%}
    row_number() over (
        order by md5(cast({{ key }} as {{ dbt.type_string() }})) nulls last, {{ key }} nulls last
    ) <= {{ var('analyses')[analysis]['fit_sample_rows'] }}
{%- endmacro %}
