with

customers as (
    select * from {{ ref('int_campaign__segmented_customers') }}
),

categories as (
    {%- for name in campaign_amounts().values() %}
    select
        segment_name,
        '{{ name | replace("_amount", "") }}' as category,
        {{ name }} as amount
    from customers
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

totals as (
    select
        segment_name,
        category,
        count(*) as customers,
        count(*) filter (where amount > 0) as buyers,
        cast(sum(amount) as decimal(18, 2)) as spend_amount
    from categories
    group by segment_name, category
),

shares as (
    select
        *,
        cast(spend_amount as double) / customers as spend_per_customer,
        coalesce(
            cast(spend_amount as double) / nullif(sum(spend_amount) over (partition by segment_name), 0), 0
        ) as share_of_segment_spend,
        coalesce(
            cast(sum(spend_amount) over (partition by category) as double) / nullif(sum(spend_amount) over (), 0), 0
        ) as share_of_all_spend
    from totals
),

final as (
    select
        *,
        round(share_of_segment_spend / nullif(share_of_all_spend, 0), 9) as index_to_all
    from shares
)

select * from final
