{#- Half width of a 95 % confidence interval in standard errors: the 97.5 % quantile of the normal distribution. -#}
{% macro z_95() -%}
    1.959963984540054
{%- endmacro %}
