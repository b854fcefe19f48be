with

promoted_sales as (
    select * from {{ ref('int_chips__promoted_sales') }}
),

customers as (
    select * from {{ ref('loyalty_customers') }}
),

tiers as (
    select
        premium_tier,
        count(*) as customers
    from customers
    group by premium_tier
),

buyers as (
    select
        promoted_sales.promotion_id,
        customers.premium_tier,
        count(*) as buyers
    from promoted_sales
    inner join customers on promoted_sales.customer_id = customers.customer_id
    group by promoted_sales.promotion_id, customers.premium_tier
),

shares as (
    select
        buyers.promotion_id,
        buyers.premium_tier,
        buyers.buyers,
        cast(buyers.buyers as double) / sum(buyers.buyers) over (partition by buyers.promotion_id) as buyer_share
    from buyers
),

all_shares as (
    select
        premium_tier,
        cast(customers as double) / sum(customers) over () as customer_share
    from tiers
),

final as (
    select
        shares.promotion_id,
        shares.premium_tier,
        shares.buyers,
        shares.buyer_share,
        all_shares.customer_share,
        shares.buyer_share / all_shares.customer_share as buyer_index
    from shares
    inner join all_shares on shares.premium_tier = all_shares.premium_tier
)

select * from final
