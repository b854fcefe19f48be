with

observed_days as (
    select * from {{ ref('int_promotions__observed_days') }}
),

periods as (
    select
        *,
        sum(control_units) over (partition by promotion_key, is_other_year, period) as period_control_units
    from observed_days
),

-- The control is what all products outside the brand that were in no promotion sold, against what they usually sell.
-- Where a day lacks such products, or a period sales of theirs, every day counts alike.
controlled as (
    select
        *,
        min(case when control_usual_units > 0.000001 then period_control_units else 0 end) over (
            partition by promotion_key
        ) > 0 as has_control
    from periods
),

weighted as (
    select
        *,
        case when has_control then cast(control_units as double) / control_usual_units else 1 end as weight,
        case when has_control then control_units / (control_usual_units * control_usual_units) else 0 end as variance
    from controlled
),

subjects as (
    select
        promotion_key,
        is_other_year,
        period,
        'product' as subject,
        has_control,
        units,
        weight,
        variance
    from weighted
    union all
    select
        promotion_key,
        is_other_year,
        period,
        'brand' as subject,
        has_control,
        brand_units as units,
        weight * brand_usual_units as weight,
        variance * brand_usual_units * brand_usual_units as variance
    from weighted
    where brand_usual_units > 0.000001 and period <> 'after' and not is_other_year
),

final as (
    select
        promotion_key,
        subject,
        is_other_year,
        period,
        has_control,
        count(*) as days,
        cast(sum(units) as decimal(18, 3)) as units,
        sum(cast(units as double) * units) as squared_units,
        round(sum(weight), 9) as weight,
        round(sum(variance) / (sum(weight) * sum(weight)), 9) as control_variance
    from subjects
    group by promotion_key, subject, is_other_year, period, has_control
)

select * from final
