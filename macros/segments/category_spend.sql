{#- A select of what each segment spends on each category, given as {category: column of amounts}; an unknown amount counts as none. -#}
{% macro category_spend(customers, amounts) -%}
    {%- for category, amount in amounts.items() %}
    select
        segment_name,
        '{{ category }}' as category,
        count(*) as customers,
        count(*) filter (where {{ amount }} > 0) as buyers,
        cast(coalesce(sum({{ amount }}), 0) as decimal(18, 2)) as spend_amount
    from {{ customers }}
    group by segment_name
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
