with

purchases as (
    select * from {{ ref('int_chips__customer_purchases') }}
),

rfm as (
    select * from {{ ref('int_chips__customer_rfm') }}
),

favourites as (
    select * from {{ ref('int_chips__customer_favourites') }}
),

customers as (
    select * from {{ ref('int_chips__customers') }}
),

final as (
    select
        purchases.customer_id,
        customers.lifestage,
        customers.premium_tier,
        purchases.first_purchase_date,
        purchases.last_purchase_date,
        purchases.recency_days,
        purchases.transactions,
        purchases.sales_amount,
        purchases.units,
        purchases.avg_units_per_transaction,
        purchases.avg_unit_price,
        purchases.months_active,
        purchases.promotion_share,
        favourites.favourite_brand,
        favourites.favourite_flavour,
        favourites.favourite_pack_size,
        rfm.r_score,
        rfm.f_score,
        rfm.m_score,
        rfm.rfm_segment,
        purchases.transactions > 1 as is_repeat_buyer,
        rfm.is_loyal
    from purchases
    inner join customers on purchases.customer_id = customers.customer_id
    inner join rfm on purchases.customer_id = rfm.customer_id
    inner join favourites on purchases.customer_id = favourites.customer_id
)

select * from final
