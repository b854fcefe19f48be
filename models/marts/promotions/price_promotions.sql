with

uplifts as (
    select * from {{ ref('int_promotions__uplifts') }}
),

products as (
    select * from {{ ref('int_products__products') }}
),

tiers as (
    select
        customer_key,
        attribute_value as premium_tier
    from {{ ref('customer_attributes') }}
    where attribute = 'premium_tier'
),

buyers as (
    select distinct
        promotion_key,
        customer_key
    from {{ ref('int_promotions__promoted_lines') }}
    where customer_key is not null
),

buyer_counts as (
    select
        buyers.promotion_key,
        count(*) as buyers,
        count(*) filter (where tiers.premium_tier = 'Budget') as budget_buyers,
        count(*) filter (where tiers.premium_tier = 'Mainstream') as mainstream_buyers,
        count(*) filter (where tiers.premium_tier = 'Premium') as premium_buyers
    from buyers
    left join tiers on buyers.customer_key = tiers.customer_key
    group by buyers.promotion_key
),

final as (
    select
        uplifts.dataset,
        uplifts.promotion_id,
        products.product_id,
        products.product_name,
        products.brand,
        uplifts.first_date,
        uplifts.last_date,
        uplifts.list_price,
        uplifts.promotion_price,
        uplifts.discount_share,
        uplifts.units,
        uplifts.discounted_units,
        uplifts.expected_units,
        uplifts.uplift_share,
        uplifts.uplift_share_low,
        uplifts.uplift_share_high,
        uplifts.uplift_q_value,
        uplifts.is_uplift_significant,
        uplifts.is_season_corrected,
        uplifts.has_control,
        uplifts.anomalous_days,
        uplifts.promoted_share,
        uplifts.sales_amount,
        uplifts.incremental_sales_amount,
        uplifts.incremental_units,
        uplifts.after_units,
        uplifts.after_share,
        uplifts.after_share_low,
        uplifts.after_share_high,
        uplifts.brand_units,
        uplifts.brand_share,
        uplifts.brand_share_low,
        uplifts.brand_share_high,
        uplifts.incremental_units + coalesce(uplifts.after_units, 0) + coalesce(uplifts.brand_units, 0) as net_units,
        coalesce(buyer_counts.buyers, 0) as buyers,
        cast(buyer_counts.budget_buyers as double) / buyer_counts.buyers as budget_buyer_share,
        cast(buyer_counts.mainstream_buyers as double) / buyer_counts.buyers as mainstream_buyer_share,
        cast(buyer_counts.premium_buyers as double) / buyer_counts.buyers as premium_buyer_share,
        1 - cast(
            buyer_counts.budget_buyers + buyer_counts.mainstream_buyers + buyer_counts.premium_buyers as double
        ) / buyer_counts.buyers as other_buyer_share
    from uplifts
    inner join products on uplifts.product_key = products.product_key
    left join buyer_counts on uplifts.promotion_key = buyer_counts.promotion_key
)

select * from final
