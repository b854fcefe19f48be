with

period_sales as (
    select * from {{ ref('int_promotions__period_sales') }}
    where weight > 0
),

-- If other promotions leave few days around, those after the promotion are part of the baseline, and tell nothing else.
baseline_days as (
    select
        promotion_key,
        subject,
        is_other_year,
        max(case when period = 'around' then days else 0 end) >= {{ var('promotion_min_baseline_days') }} as is_enough
    from period_sales
    group by promotion_key, subject, is_other_year
),

-- The dispersion is variance over mean of the daily units: 1 for Poisson counts, more where purchases come in bundles.
final as (
    select
        period_sales.promotion_key,
        period_sales.subject,
        period_sales.is_other_year,
        baseline_days.is_enough,
        sum(period_sales.days) as days,
        cast(sum(period_sales.units) as double) as units,
        sum(period_sales.weight) as weight,
        sum(period_sales.control_variance * period_sales.weight * period_sales.weight)
        / (sum(period_sales.weight) * sum(period_sales.weight)) as control_variance,
        greatest(1, (
            sum(period_sales.squared_units)
            - cast(sum(period_sales.units) as double) * sum(period_sales.units) / sum(period_sales.days)
        ) / nullif(sum(period_sales.days) - 1, 0) * sum(period_sales.days) / cast(sum(period_sales.units) as double))
            as dispersion
    from period_sales
    inner join baseline_days
        on
            period_sales.promotion_key = baseline_days.promotion_key
            and period_sales.subject = baseline_days.subject
            and period_sales.is_other_year = baseline_days.is_other_year
    where period_sales.period = 'around' or (period_sales.period = 'after' and not baseline_days.is_enough)
    group by
        period_sales.promotion_key, period_sales.subject, period_sales.is_other_year, baseline_days.is_enough
    having sum(period_sales.units) > 0
)

select * from final
