with

receipts as (
    select * from {{ ref('int_products__receipts') }}
),

customer_months as (
    select * from {{ ref('int_loyalty__customer_months') }}
),

calendar_months as (
    select distinct month_start_date
    from {{ ref('calendar_days') }}
),

days as (
    select
        dataset,
        receipt_date,
        sum(sales_amount) filter (where customer_key is null) as anonymous_sales_amount
    from receipts
    group by dataset, receipt_date
),

steps_between_days as (
    select
        dataset,
        receipt_date,
        {{ days_between(
            'lag(receipt_date) over (partition by dataset order by receipt_date nulls last)', 'receipt_date'
        ) }} as step_days
    from days
),

-- From one day with sales to the next: one day, or two in a shop that is closed on Sundays.
limits as (
    select
        dataset,
        min(receipt_date) as first_day,
        max(receipt_date) as last_day,
        coalesce(percentile_cont(0.9) within group (order by step_days nulls last), 1) as usual_step_days
    from steps_between_days
    group by dataset
),

steps_between_purchases as (
    select
        dataset,
        month_number - lag(month_number) over (
            partition by customer_key order by month_number nulls last
        ) as step_months
    from customer_months
    where receipts > 0
),

-- After so many months nearly all who come again have come.
usual_returns as (
    select
        dataset,
        percentile_cont(0.95) within group (order by step_months nulls last) as usual_step_months
    from steps_between_purchases
    group by dataset
),

monthly as (
    select
        dataset,
        cast(date_trunc('month', receipt_date) as date) as month_start_date,
        sum(anonymous_sales_amount) as anonymous_sales_amount
    from days
    group by dataset, cast(date_trunc('month', receipt_date) as date)
),

numbered as (
    select
        limits.*,
        calendar_months.month_start_date,
        cast({{ dbt.dateadd('month', 1, 'calendar_months.month_start_date') }} as date) as next_month_date,
        12 * year(calendar_months.month_start_date) + month(calendar_months.month_start_date) as month_number,
        12 * year(limits.first_day) + month(limits.first_day) as first_month_number
    from limits
    inner join calendar_months
        on calendar_months.month_start_date between date_trunc('month', limits.first_day) and limits.last_day
),

final as (
    select
        numbered.dataset,
        numbered.month_start_date,
        cast(numbered.month_number as integer) as month_number,
        {{ days_between('numbered.month_start_date', 'numbered.first_day') }} + 1 <= numbered.usual_step_days
        and {{ days_between('numbered.last_day', 'numbered.next_month_date') }} <= numbered.usual_step_days
            as is_complete_month,
        numbered.month_number - numbered.first_month_number
        < greatest(1, coalesce(usual_returns.usual_step_months, 1)) as has_unknown_past,
        cast(coalesce(monthly.anonymous_sales_amount, 0) as decimal(18, 2)) as anonymous_sales_amount
    from numbered
    left join monthly
        on numbered.dataset = monthly.dataset and numbered.month_start_date = monthly.month_start_date
    left join usual_returns on numbered.dataset = usual_returns.dataset
)

select * from final
