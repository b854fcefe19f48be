with

forecasts as (
    select * from {{ ref('sales_forecasts') }}
),

final as (
    select distinct
        dataset,
        level,
        member,
        period_type,
        periods,
        method,
        error,
        baseline,
        baseline_error,
        round(1 - error / nullif(baseline_error, 0), 9) as saved_error_share,
        starts,
        starts_won,
        interval_coverage,
        is_published,
        reason
    from forecasts
)

select * from final
