-- Which good customers have stayed away, and with what could they be won back? Customers who bought often or much, but
-- not lately, those who spent most first, with what they like best.
with

customers as (
    select * from {{ ref('loyalty_customers') }}
),

final as (
    select
        customer_id,
        lifestage,
        premium_tier,
        sales_amount,
        transactions,
        last_purchase_date,
        recency_days,
        favourite_brand,
        favourite_flavour,
        promotion_share
    from customers
    where
        r_score <= 2
        and (f_score >= 4 or m_score >= 4)
)

select * from final
order by sales_amount desc nulls last, customer_id nulls last
