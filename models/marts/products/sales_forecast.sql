with

forecasts as (
    select * from {{ ref('sales_forecasts') }}
    where is_published
),

final as (
    select
        dataset,
        level,
        member,
        period_type,
        cast(period_start as date) as period_start_date,
        cast(forecast as decimal(18, 2)) as forecast_sales_amount,
        cast(low as decimal(18, 2)) as forecast_low_amount,
        cast(high as decimal(18, 2)) as forecast_high_amount,
        method
    from forecasts
)

select * from final
