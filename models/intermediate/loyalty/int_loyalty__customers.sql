with

purchases as (
    select * from {{ ref('int_loyalty__customer_purchases') }}
),

rfm as (
    select * from {{ ref('int_loyalty__customer_rfm') }}
),

activity as (
    select * from {{ ref('int_loyalty__customer_activity') }}
),

favourites as (
    select * from {{ ref('int_loyalty__customer_favourites') }}
),

customers as (
    select * from {{ ref('customers') }}
),

life_stages as (
    select * from {{ ref('customer_attributes') }}
    where attribute = 'lifestage'
),

tiers as (
    select * from {{ ref('customer_attributes') }}
    where attribute = 'premium_tier'
),

returns as (
    select
        customer_key,
        sum(returned_amount) as returned_amount
    from {{ ref('int_products__returns') }}
    group by customer_key
),

final as (
    select
        purchases.customer_key,
        customers.dataset,
        customers.customer_id,
        coalesce(life_stages.attribute_value, 'Unknown') as lifestage,
        coalesce(tiers.attribute_value, 'Unknown') as premium_tier,
        purchases.first_purchase_date,
        purchases.last_purchase_date,
        purchases.recency_days,
        purchases.receipts,
        purchases.sales_amount,
        cast(coalesce(returns.returned_amount, 0) as decimal(18, 2)) as returned_amount,
        purchases.units,
        purchases.avg_units_per_receipt,
        purchases.avg_unit_price,
        purchases.months_active,
        purchases.promotion_share,
        coalesce(favourites.favourite_brand, 'Not stated') as favourite_brand,
        coalesce(favourites.favourite_flavour, 'Not stated') as favourite_flavour,
        coalesce(favourites.favourite_pack_size, 'Not stated') as favourite_pack_size,
        rfm.r_score,
        rfm.f_score,
        rfm.m_score,
        rfm.rfm_segment,
        purchases.receipts > 1 as is_repeat_buyer,
        rfm.is_loyal,
        activity.purchase_interval_days,
        purchases.recency_days / activity.purchase_interval_days as relative_recency,
        activity.active_probability,
        activity.is_lapsing
    from purchases
    inner join customers on purchases.customer_key = customers.customer_key
    inner join rfm on purchases.customer_key = rfm.customer_key
    inner join activity on purchases.customer_key = activity.customer_key
    left join returns on purchases.customer_key = returns.customer_key
    left join favourites on purchases.customer_key = favourites.customer_key
    left join life_stages on purchases.customer_key = life_stages.customer_key
    left join tiers on purchases.customer_key = tiers.customer_key
)

select * from final
