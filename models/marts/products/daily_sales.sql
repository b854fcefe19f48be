with

calendar_days as (
    select * from {{ ref('calendar_days') }}
),

daily_totals as (
    select * from {{ ref('int_products__daily_totals') }}
),

promotions as (
    select * from {{ ref('int_promotions__promotions') }}
),

periods as (
    select
        dataset,
        min(receipt_date) as first_date,
        max(receipt_date) as last_date
    from daily_totals
    group by dataset
),

days as (
    select
        periods.dataset,
        calendar_days.*
    from periods
    inner join calendar_days on calendar_days.calendar_date between periods.first_date and periods.last_date
),

promotion_days as (
    select distinct
        days.dataset,
        days.calendar_date
    from days
    inner join promotions
        on
            days.dataset = promotions.dataset
            and days.calendar_date between promotions.first_date and promotions.last_date
),

final as (
    select
        days.dataset,
        days.calendar_date as sales_date,
        case days.iso_weekday
            {%- for name in ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] %}
            when {{ loop.index }} then '{{ name }}'
            {%- endfor %}
        end as weekday,
        days.iso_weekday,
        days.iso_week,
        days.iso_year,
        days.week_start_date,
        days.month_start_date,
        coalesce(daily_totals.sales_amount, 0) as sales_amount,
        coalesce(daily_totals.units, 0) as units,
        coalesce(daily_totals.receipts, 0) as transactions,
        coalesce(daily_totals.customers, 0) as customers,
        case
            when row_number() over (partition by days.dataset order by days.calendar_date nulls last) >= 7
                then cast(sum(coalesce(daily_totals.sales_amount, 0)) over (
                    partition by days.dataset
                    order by days.calendar_date nulls last rows between 6 preceding and current row
                ) as double) / 7
        end as sales_amount_7_day_average,
        daily_totals.receipt_date is not null as is_trading_day,
        promotion_days.calendar_date is not null as is_promotion_day,
        max(case when promotion_days.calendar_date is not null then 1 else 0 end) over (
            partition by days.dataset, days.week_start_date
        ) = 1 as is_promotion_week
    from days
    left join daily_totals on days.dataset = daily_totals.dataset and days.calendar_date = daily_totals.receipt_date
    left join promotion_days
        on days.dataset = promotion_days.dataset and days.calendar_date = promotion_days.calendar_date
)

select * from final
