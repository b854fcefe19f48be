with

promotions as (
    select * from {{ ref('int_promotions__promotions') }}
),

tiers as (
    select * from {{ ref('int_loyalty__cell_attributes') }}
    where attribute = 'premium_tier'
),

customer_cells as (
    select * from {{ ref('int_loyalty__customer_cells') }}
),

tier_shares as (
    select
        dataset,
        attribute_value as premium_tier,
        cast(sum(customers) as double) / sum(sum(customers)) over (partition by dataset) as customer_share
    from tiers
    group by dataset, attribute_value
),

promotion_customers as (
    select distinct
        promotion_key,
        customer_key
    from {{ ref('int_promotions__promoted_lines') }}
),

buyers as (
    select
        promotion_customers.promotion_key,
        tiers.dataset,
        tiers.attribute_value as premium_tier,
        count(*) as buyers
    from promotion_customers
    inner join customer_cells on promotion_customers.customer_key = customer_cells.customer_key
    inner join tiers on customer_cells.cell_id = tiers.cell_id
    group by promotion_customers.promotion_key, tiers.dataset, tiers.attribute_value
),

buyer_shares as (
    select
        *,
        cast(buyers as double) / sum(buyers) over (partition by promotion_key) as buyer_share
    from buyers
),

final as (
    select
        promotions.dataset,
        promotions.promotion_id,
        buyer_shares.premium_tier,
        buyer_shares.buyers,
        buyer_shares.buyer_share,
        tier_shares.customer_share,
        buyer_shares.buyer_share / tier_shares.customer_share as buyer_index
    from buyer_shares
    inner join promotions on buyer_shares.promotion_key = promotions.promotion_key
    inner join tier_shares
        on buyer_shares.dataset = tier_shares.dataset and buyer_shares.premium_tier = tier_shares.premium_tier
)

select * from final
