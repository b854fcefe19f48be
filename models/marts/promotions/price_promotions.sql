with

promotions as (
    select * from {{ ref('int_chips__promotions') }}
),

baselines as (
    select * from {{ ref('int_chips__promotion_baselines') }}
),

products as (
    select * from {{ ref('int_chips__products') }}
),

buyers as (
    select
        promoted_sales.promotion_id,
        count(*) as buyers,
        count(*) filter (where customers.premium_tier = 'Budget') as budget_buyers,
        count(*) filter (where customers.premium_tier = 'Mainstream') as mainstream_buyers,
        count(*) filter (where customers.premium_tier = 'Premium') as premium_buyers
    from {{ ref('int_chips__promoted_sales') }} as promoted_sales
    inner join {{ ref('int_chips__customers') }} as customers on promoted_sales.customer_id = customers.customer_id
    group by promoted_sales.promotion_id
),

-- What the product would have sold: its share of the other products' sales around the promotion, applied to their sales
-- during the promotion, so that Christmas or a slow week is not taken for the promotion's doing.
expectations as (
    select
        *,
        case
            when other_baseline_units > 0
                then cast(baseline_units as double) * other_promotion_units / other_baseline_units
            else cast(baseline_units as double) * promotion_days / baseline_days
        end as expected_units,
        greatest(1, {{ dispersion('baseline_days', 'baseline_units', 'baseline_squared_units') }}) as dispersion
    from baselines
    where baseline_units > 0
),

-- The logarithm of the ratio of two over-dispersed Poisson counts is about normal with this standard error.
uplifts as (
    select
        *,
        promotion_units / expected_units as units_ratio,
        sqrt(dispersion * (1.0 / promotion_units + 1.0 / baseline_units)) as log_ratio_error
    from expectations
),

final as (
    select
        promotions.promotion_id,
        promotions.product_id,
        products.product_name,
        products.brand,
        promotions.first_date,
        promotions.last_date,
        promotions.list_price,
        promotions.promotion_price,
        1 - cast(promotions.promotion_price as double) / promotions.list_price as discount_share,
        baselines.promotion_units as units,
        promotions.units as discounted_units,
        uplifts.expected_units,
        round(uplifts.units_ratio - 1, 9) as uplift_share,
        round(uplifts.units_ratio * exp(-{{ z_95() }} * uplifts.log_ratio_error) - 1, 9) as uplift_share_low,
        round(uplifts.units_ratio * exp({{ z_95() }} * uplifts.log_ratio_error) - 1, 9) as uplift_share_high,
        coalesce(abs(ln(uplifts.units_ratio)) > {{ z_95() }} * uplifts.log_ratio_error, false) as is_uplift_significant,
        baselines.promotion_amount as sales_amount,
        round(baselines.promotion_amount - uplifts.expected_units * promotions.list_price, 2)
            as incremental_sales_amount,
        buyers.buyers,
        cast(buyers.budget_buyers as double) / buyers.buyers as budget_buyer_share,
        cast(buyers.mainstream_buyers as double) / buyers.buyers as mainstream_buyer_share,
        cast(buyers.premium_buyers as double) / buyers.buyers as premium_buyer_share,
        1 - cast(
            buyers.budget_buyers + buyers.mainstream_buyers + buyers.premium_buyers as double
        ) / buyers.buyers as other_buyer_share
    from promotions
    inner join products on promotions.product_id = products.product_id
    inner join baselines on promotions.promotion_id = baselines.promotion_id
    inner join buyers on promotions.promotion_id = buyers.promotion_id
    left join uplifts on promotions.promotion_id = uplifts.promotion_id
)

select * from final
