with

period_sales as (
    select * from {{ ref('int_promotions__period_sales') }}
    where weight > 0
),

promotions as (
    select
        promotion_key,
        dataset
    from {{ ref('int_promotions__promotions') }}
),

baselines as (
    select * from {{ ref('int_promotions__baselines') }}
),

-- The logarithm of the ratio of two over-dispersed Poisson counts is about normal with this variance.
compared as (
    select
        period_sales.promotion_key,
        period_sales.subject,
        period_sales.is_other_year,
        period_sales.period,
        period_sales.has_control,
        period_sales.days,
        period_sales.units,
        baselines.units * period_sales.weight / baselines.weight as expected_units,
        baselines.dispersion / nullif(cast(period_sales.units as double), 0) + baselines.dispersion / baselines.units
        + period_sales.control_variance + baselines.control_variance as variance
    from period_sales
    inner join baselines
        on
            period_sales.promotion_key = baselines.promotion_key
            and period_sales.subject = baselines.subject
            and period_sales.is_other_year = baselines.is_other_year
    where period_sales.period = 'promotion' or (period_sales.period = 'after' and baselines.is_enough)
),

-- What sold twice as well in the same weeks of another year would have sold twice as well without the promotion, too.
corrected as (
    select
        compared.promotion_key,
        case
            when compared.subject = 'brand' then 'brand'
            else compared.period
        end as effect,
        compared.has_control,
        seasons.promotion_key is not null as is_season_corrected,
        compared.units,
        compared.expected_units * coalesce(seasons.units / seasons.expected_units, 1) as expected_units,
        compared.variance + coalesce(seasons.variance, 0) as variance
    from compared
    left join compared as seasons
        on
            compared.promotion_key = seasons.promotion_key
            and compared.subject = seasons.subject
            and compared.period = seasons.period
            and seasons.is_other_year
            and seasons.units > 0
            and seasons.days >= 0.8 * compared.days
    where not compared.is_other_year
),

of_datasets as (
    select
        promotions.dataset,
        corrected.*
    from corrected
    inner join promotions on corrected.promotion_key = promotions.promotion_key
),

final as (
    select
        dataset,
        promotion_key,
        effect,
        has_control,
        is_season_corrected,
        units,
        round(expected_units, 6) as expected_units,
        round(cast(units as double) / expected_units - 1, 9) as uplift_share,
        round(cast(units as double) / expected_units * exp(-{{ z_95() }} * sqrt(variance)) - 1, 9) as uplift_share_low,
        round(cast(units as double) / expected_units * exp({{ z_95() }} * sqrt(variance)) - 1, 9) as uplift_share_high,
        case when units > 0 then round(ln(cast(units as double) / expected_units) / sqrt(variance), 9) end as z_score
    from of_datasets
)

select * from final
