with

promotions as (
    select * from {{ ref('int_promotions__promotions') }}
),

baselines as (
    select * from {{ ref('int_promotions__baselines') }}
),

-- What the product would have sold: its share of the other products' sales around the promotion, applied to their sales
-- during the promotion, so that Christmas or a slow week is not taken for the promotion's doing.
-- The dispersion is variance over mean of the daily units: 1 for Poisson counts, more where purchases come in bundles.
expectations as (
    select
        *,
        case
            when other_baseline_units > 0
                then cast(baseline_units as double) * other_promotion_units / other_baseline_units
            else cast(baseline_units as double) * promotion_days / baseline_days
        end as expected_units,
        greatest(1, (
            (baseline_squared_units - cast(baseline_units as double) * baseline_units / baseline_days)
            / nullif(baseline_days - 1, 0)
        ) / nullif(cast(baseline_units as double) / baseline_days, 0)) as dispersion
    from baselines
    where baseline_units > 0 and promotion_units > 0
),

-- The logarithm of the ratio of two over-dispersed Poisson counts is about normal with this standard error.
ratios as (
    select
        *,
        cast(promotion_units as double) / nullif(expected_units, 0) as units_ratio,
        sqrt(
            dispersion * (1 / cast(promotion_units as double) + 1 / cast(baseline_units as double))
        ) as log_ratio_error
    from expectations
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
        baselines.promotion_units as units,
        promotions.units as discounted_units,
        ratios.expected_units,
        round(ratios.units_ratio - 1, 9) as uplift_share,
        round(ratios.units_ratio * exp(-{{ z_95() }} * ratios.log_ratio_error) - 1, 9) as uplift_share_low,
        round(ratios.units_ratio * exp({{ z_95() }} * ratios.log_ratio_error) - 1, 9) as uplift_share_high,
        coalesce(abs(ln(ratios.units_ratio)) > {{ z_95() }} * ratios.log_ratio_error, false) as is_uplift_significant,
        baselines.promotion_amount as sales_amount,
        round(baselines.promotion_amount - ratios.expected_units * promotions.list_price, 2)
            as incremental_sales_amount
    from promotions
    inner join baselines on promotions.promotion_key = baselines.promotion_key
    left join ratios on promotions.promotion_key = ratios.promotion_key
)

select * from final
