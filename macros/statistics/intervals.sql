{#- Half width of a 95 % confidence interval in standard errors: the 97.5 % quantile of the normal distribution. -#}
{% macro z_95() -%}
    1.959963984540054
{%- endmacro %}


{#- Variance over mean of a count, from its number of observations, sum and sum of squares: 1 for Poisson counts, more where
    purchases come in bundles. Null below two observations or without any count. -#}
{% macro dispersion(observations, total, squared_total) -%}
    (({{ squared_total }} - cast({{ total }} as double) * {{ total }} / {{ observations }})
    / nullif({{ observations }} - 1, 0)) / nullif(cast({{ total }} as double) / {{ observations }}, 0)
{%- endmacro %}
