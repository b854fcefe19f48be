with

customers as (
    select * from {{ ref('int_campaigns__customers') }}
),

-- Purchases at a reduced price are made through one of the channels, too.
purchases as (
    select
        customer_key,
        replace(attribute, '_purchases', '') as channel,
        number_value as purchases
    from {{ ref('customer_attributes') }}
    where
        attribute_type = 'number'
        and {{ extract_regex('attribute', '_purchases$', 0) }} <> ''
        and attribute <> 'deal_purchases'
),

totals as (
    select
        customers.dataset,
        customers.analysis,
        customers.segment_name,
        purchases.channel,
        count(*) as customers,
        count(*) filter (where purchases.purchases > 0) as channel_customers,
        cast(sum(purchases.purchases) as bigint) as purchases
    from purchases
    inner join customers on purchases.customer_key = customers.customer_key
    group by customers.dataset, customers.analysis, customers.segment_name, purchases.channel
),

shares as (
    select
        *,
        cast(purchases as double) / customers as purchases_per_customer,
        coalesce(
            cast(purchases as double) / nullif(sum(purchases) over (partition by analysis, segment_name), 0), 0
        ) as share_of_segment_purchases,
        coalesce(
            cast(sum(purchases) over (partition by analysis, channel) as double)
            / nullif(sum(purchases) over (partition by analysis), 0), 0
        ) as share_of_all_purchases
    from totals
),

final as (
    select
        *,
        round(share_of_segment_purchases / nullif(share_of_all_purchases, 0), 9) as index_to_all
    from shares
)

select * from final
