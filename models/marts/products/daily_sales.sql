with

calendar as (
    select * from {{ ref('int_chips__calendar') }}
),

purchases as (
    select * from {{ ref('int_chips__purchases') }}
),

daily_totals as (
    select
        transaction_date,
        cast(sum(sales_amount) as decimal(18, 2)) as sales_amount,
        cast(sum(units) as bigint) as units,
        count(*) as transactions,
        count(distinct customer_id) as customers
    from purchases
    group by transaction_date
),

final as (
    select
        calendar.calendar_date as sales_date,
        calendar.weekday,
        calendar.iso_weekday,
        calendar.iso_week,
        calendar.iso_year,
        calendar.week_start_date,
        calendar.month_start_date,
        coalesce(daily_totals.sales_amount, 0) as sales_amount,
        coalesce(daily_totals.units, 0) as units,
        coalesce(daily_totals.transactions, 0) as transactions,
        coalesce(daily_totals.customers, 0) as customers,
        case
            when row_number() over (order by calendar.calendar_date nulls last) >= 7
                then cast(sum(coalesce(daily_totals.sales_amount, 0)) over (
                    order by calendar.calendar_date nulls last rows between 6 preceding and current row
                ) as double) / 7
        end as sales_amount_7_day_average,
        calendar.is_trading_day,
        calendar.is_promotion_day,
        calendar.is_promotion_week
    from calendar
    left join daily_totals on calendar.calendar_date = daily_totals.transaction_date
)

select * from final
