-- Which good customers have stayed away for longer than they used to, and with what could they be won back? Customers
-- who bought often or much, and are away for twice their own interval or more, those who spent most first, with what
-- they like best. Look at is_lapsing before you spend on them: where nobody is, nothing shows that such customers
-- leave.
with

customers as (
    select * from {{ ref('loyalty_customers') }}
),

final as (
    select
        dataset,
        customer_id,
        lifestage,
        premium_tier,
        sales_amount,
        transactions,
        last_purchase_date,
        recency_days,
        purchase_interval_days,
        relative_recency,
        active_probability,
        is_lapsing,
        favourite_brand,
        favourite_flavour,
        promotion_share
    from customers
    where
        relative_recency >= 2
        and (f_score >= 4 or m_score >= 4)
)

select * from final
order by sales_amount desc nulls last, customer_id nulls last
