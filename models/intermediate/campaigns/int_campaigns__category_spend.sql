with

customers as (
    select * from {{ ref('int_campaigns__customers') }}
),

-- Amounts that add up to what a customer spent.
categories as (
    select
        analysis,
        measure,
        replace(measure, '_amount', '') as category
    from {{ ref('int_segmentation__measures') }}
    where part_of is not null
),

amounts as (
    select
        customer_key,
        attribute,
        cast(number_value as decimal(18, 2)) as amount
    from {{ ref('customer_attributes') }}
    where attribute_type = 'number' and attribute in (select categories.measure from categories)
),

-- An unknown amount counts as none: what is imputed describes customers, but is no money.
totals as (
    select
        customers.dataset,
        customers.analysis,
        customers.segment_name,
        categories.category,
        count(*) as customers,
        count(*) filter (where amounts.amount > 0) as buyers,
        cast(coalesce(sum(amounts.amount), 0) as decimal(18, 2)) as spend_amount
    from customers
    inner join categories on customers.analysis = categories.analysis
    left join amounts on customers.customer_key = amounts.customer_key and categories.measure = amounts.attribute
    group by customers.dataset, customers.analysis, customers.segment_name, categories.category
),

shares as (
    select
        *,
        cast(spend_amount as double) / customers as spend_per_customer,
        coalesce(
            cast(spend_amount as double) / nullif(sum(spend_amount) over (partition by analysis, segment_name), 0), 0
        ) as share_of_segment_spend,
        coalesce(
            cast(sum(spend_amount) over (partition by analysis, category) as double)
            / nullif(sum(spend_amount) over (partition by analysis), 0), 0
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
