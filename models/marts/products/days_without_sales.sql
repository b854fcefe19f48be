with

calendar_days as (
    select * from {{ ref('calendar_days') }}
),

daily_totals as (
    select * from {{ ref('int_products__daily_totals') }}
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
        calendar_days.calendar_date,
        calendar_days.iso_weekday,
        calendar_days.is_holiday,
        calendar_days.holiday_name,
        daily_totals.receipts
    from periods
    inner join calendar_days on calendar_days.calendar_date between periods.first_date and periods.last_date
    left join daily_totals
        on periods.dataset = daily_totals.dataset and calendar_days.calendar_date = daily_totals.receipt_date
),

weekdays as (
    select
        dataset,
        iso_weekday,
        count(*) >= 4 and 10 * count(receipts) < count(*) as is_closed_weekday,
        median(coalesce(receipts, 0)) as usual_receipts
    from days
    group by dataset, iso_weekday
),

judged as (
    select
        days.*,
        weekdays.is_closed_weekday,
        weekdays.usual_receipts,
        count(*) over same_days as years,
        count(days.receipts) over same_days as years_with_sales,
        max(case when weekdays.is_closed_weekday then 1 else 0 end) over same_days = 1 as is_once_a_closed_weekday
    from days
    inner join weekdays on days.dataset = weekdays.dataset and days.iso_weekday = weekdays.iso_weekday
    window same_days as (
        partition by days.dataset, month(days.calendar_date), day(days.calendar_date)
    )
),

-- Where three receipts are usual, a day in twenty has none by chance.
final as (
    select
        dataset,
        calendar_date as closed_date,
        case iso_weekday
            {%- for name in ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] %}
            when {{ loop.index }} then '{{ name }}'
            {%- endfor %}
        end as weekday,
        case
            when is_closed_weekday then 'closed weekday'
            when is_holiday then 'holiday'
            when years > 1 and years_with_sales = 0 and not is_once_a_closed_weekday then 'closed every year'
            when usual_receipts < 3 then 'slow day'
            else 'gap'
        end as no_sales_reason,
        is_holiday,
        holiday_name
    from judged
    where receipts is null
)

select * from final
