-- Which good customers stay away for longer than they used to, and with what could they be won back? Those whose chance of
-- coming back is low for customers who came as often, the best first, with what they like best. Where recency does not
-- tell who comes back, as lapse_diagnostics says, nobody is lapsing.
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
        favourite_brand,
        favourite_flavour,
        promotion_share
    from customers
    where is_lapsing
)

select * from final
order by sales_amount desc nulls last, customer_id nulls last
