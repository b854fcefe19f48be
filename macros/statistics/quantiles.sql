{#- Four limits that cut a measure into five groups of about equal size, as columns `<name>_limit_1` to `_4`. Interpolated
    quantiles, not ntile(): equal values never fall into different groups. -#}
{% macro quintile_limits(measure) -%}
    {%- for share in [0.2, 0.4, 0.6, 0.8] %}
        percentile_cont({{ share }}) within group (
            order by {{ measure }} nulls last
        ) as {{ measure }}_limit_{{ loop.index }}
        {{- ',' if not loop.last }}
    {%- endfor %}
{%- endmacro %}


{#- 1 for values up to the first limit, 5 for values above the last. -#}
{% macro quintile_score(value, measure) -%}
    (
        1
        {%- for limit in range(1, 5) %}
        + case when {{ value }} > {{ measure }}_limit_{{ limit }} then 1 else 0 end
        {%- endfor %}
    )
{%- endmacro %}
