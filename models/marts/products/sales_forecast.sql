{%- set past_periods = {'week': 26, 'month': 12} %}
with

forecasts as (
    select * from {{ ref('sales_forecasts') }}
    where is_published
),

sales_series as (
    select * from {{ ref('int_products__sales_series') }}
),

methods as (
    select distinct
        dataset,
        level,
        member,
        period_type,
        method
    from forecasts
),

past_periods as (
    select
        sales_series.dataset,
        sales_series.level,
        sales_series.member,
        sales_series.period_type,
        sales_series.period_start_date,
        sales_series.sales_amount,
        methods.method
    from sales_series
    inner join methods
        on
            sales_series.dataset = methods.dataset
            and sales_series.level = methods.level
            and sales_series.member = methods.member
            and sales_series.period_type = methods.period_type
    qualify
        row_number() over (
            partition by sales_series.dataset, sales_series.level, sales_series.member
            order by sales_series.period_start_date desc nulls last
        ) <= case sales_series.period_type
            {%- for period_type, periods in past_periods.items() %}
            when '{{ period_type }}' then {{ periods }}
            {%- endfor %}
        end
),

final as (
    select
        dataset,
        level,
        member,
        period_type,
        period_start_date,
        false as is_forecast,
        sales_amount,
        cast(null as decimal(18, 2)) as forecast_sales_amount,
        cast(null as decimal(18, 2)) as forecast_low_amount,
        cast(null as decimal(18, 2)) as forecast_high_amount,
        method
    from past_periods
    union all
    select
        dataset,
        level,
        member,
        period_type,
        cast(period_start as date) as period_start_date,
        true as is_forecast,
        cast(null as decimal(18, 2)) as sales_amount,
        cast(forecast as decimal(18, 2)) as forecast_sales_amount,
        cast(low as decimal(18, 2)) as forecast_low_amount,
        cast(high as decimal(18, 2)) as forecast_high_amount,
        method
    from forecasts
)

select * from final
