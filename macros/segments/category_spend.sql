{#- A select of what each segment spends on each category, for columns such as `fish_amount`; an unknown amount counts as none. -#}
{% macro category_spend(customers, amounts) -%}
    {%- for amount in amounts %}
    select
        segment_name,
        '{{ amount | replace("_amount", "") }}' as category,
        count(*) as customers,
        count(*) filter (where {{ amount }} > 0) as buyers,
        cast(coalesce(sum({{ amount }}), 0) as decimal(18, 2)) as spend_amount
    from {{ customers }}
    group by segment_name
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
