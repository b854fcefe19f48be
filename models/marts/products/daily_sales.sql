with

calendar as (
    select * from {{ ref('int_chips__calendar') }}
),

daily_prices as (
    select * from {{ ref('int_chips__daily_prices') }}
),

long_visits as (
    select * from {{ ref('int_chips__long_visits') }}
),

long_purchases as (
    select * from {{ ref('int_chips__long_purchases') }}
),

line_totals as (
    select
        transaction_date,
        cast(sum(sales_amount) as decimal(18, 2)) as sales_amount,
        cast(sum(units) as bigint) as units,
        sum(lines) as lines
    from daily_prices
    group by transaction_date
),

-- A card counts once a day and a purchase once, so the further lines of long ones are taken off.
further_lines_of_visits as (
    select
        transaction_date,
        sum(lines - 1) as lines
    from long_visits
    group by transaction_date
),

further_lines_of_purchases as (
    select
        transaction_date,
        sum(lines - 1) as lines
    from long_purchases
    group by transaction_date
),

daily_totals as (
    select
        line_totals.transaction_date,
        line_totals.sales_amount,
        line_totals.units,
        cast(line_totals.lines - coalesce(further_lines_of_purchases.lines, 0) as bigint) as transactions,
        cast(line_totals.lines - coalesce(further_lines_of_visits.lines, 0) as bigint) as customers
    from line_totals
    left join further_lines_of_purchases
        on line_totals.transaction_date = further_lines_of_purchases.transaction_date
    left join further_lines_of_visits on line_totals.transaction_date = further_lines_of_visits.transaction_date
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
