with

promotions as (
    select * from {{ ref('int_promotions__promotions') }}
),

effects as (
    select * from {{ ref('int_promotions__effects') }}
),

p_values as (
    select * from {{ ref('promotion_p_values') }}
    where effect = 'promotion'
),

promotion_sales as (
    select
        promotion_key,
        count(*) filter (where is_anomalous) as anomalous_days,
        cast(sum(units) as decimal(18, 3)) as units,
        cast(sum(sales_amount) as decimal(18, 2)) as sales_amount
    from {{ ref('int_promotions__observed_days') }}
    where period = 'promotion' and not is_other_year
    group by promotion_key
),

final as (
    select
        promotions.promotion_key,
        promotions.promotion_id,
        promotions.dataset,
        promotions.product_key,
        promotions.first_date,
        promotions.last_date,
        promotions.list_price,
        promotions.promotion_price,
        1 - cast(promotions.promotion_price as double) / promotions.list_price as discount_share,
        promotion_sales.units,
        promotions.units as discounted_units,
        own.expected_units,
        own.uplift_share,
        own.uplift_share_low,
        own.uplift_share_high,
        p_values.p_value as uplift_p_value,
        p_values.q_value as uplift_q_value,
        coalesce(p_values.q_value < {{ var('significance_level') }}, false) as is_uplift_significant,
        coalesce(own.is_season_corrected, false) as is_season_corrected,
        coalesce(own.has_control, false) as has_control,
        promotion_sales.anomalous_days,
        -- What was sold at full price meanwhile was sold where there was no promotion.
        case
            when own.expected_units > 0 then greatest(
                0, 1 - cast(promotion_sales.units - promotions.units as double) / own.expected_units
            )
        end as promoted_share,
        promotion_sales.sales_amount,
        round(promotion_sales.sales_amount - own.expected_units * promotions.list_price, 2) as incremental_sales_amount,
        own.units - own.expected_units as incremental_units,
        later.uplift_share as after_share,
        later.uplift_share_low as after_share_low,
        later.uplift_share_high as after_share_high,
        later.units - later.expected_units as after_units,
        brand.uplift_share as brand_share,
        brand.uplift_share_low as brand_share_low,
        brand.uplift_share_high as brand_share_high,
        brand.units - brand.expected_units as brand_units
    from promotions
    inner join promotion_sales on promotions.promotion_key = promotion_sales.promotion_key
    left join effects as own on promotions.promotion_key = own.promotion_key and own.effect = 'promotion'
    left join effects as later on promotions.promotion_key = later.promotion_key and later.effect = 'after'
    left join effects as brand on promotions.promotion_key = brand.promotion_key and brand.effect = 'brand'
    left join p_values on promotions.promotion_key = p_values.promotion_key
)

select * from final
