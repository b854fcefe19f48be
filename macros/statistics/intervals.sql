{#- Half width of a 95 % confidence interval in standard errors: the 97.5 % quantile of the normal distribution. -#}
{% macro z_95() -%}
    1.959963984540054
{%- endmacro %}


{#-
  What part of an amount a ratio to the usual stands for, at the end of its interval that is nearer to 1: of twice as
  much half is beyond the usual, of half as much half is missing. 0 if the interval holds 1.
-#}
{% macro cautious_effect(ratio_low, ratio_high) -%}
    round(case
        when {{ ratio_low }} > 1 then 1 - 1 / cast({{ ratio_low }} as double)
        when {{ ratio_high }} < 1 then 1 - greatest({{ ratio_high }}, 0)
        else 0
    end, 9)
{%- endmacro %}
