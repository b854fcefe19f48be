{#- Whether a value lies farther from the mean of all rows than outlier_z_score standard deviations; a missing one does not. -#}
{% macro is_far_from_mean(value) -%}
    coalesce(abs({{ value }} - avg({{ value }}) over ()) > {{ var('outlier_z_score') }} * stddev_pop({{ value }}) over (), false)
{%- endmacro %}
