with

daily_prices as (
    select * from {{ ref('int_chips__daily_prices') }}
),

promotions as (
    select * from {{ ref('int_chips__promotions') }}
),

days as (
    {{ calendar_days('daily_prices', 'transaction_date', 'transaction_date') }}
),

trading_days as (
    select distinct transaction_date from daily_prices
),

promotion_days as (
    select distinct days.calendar_date
    from days
    inner join promotions on days.calendar_date between promotions.first_date and promotions.last_date
),

final as (
    select
        days.calendar_date,
        cast({{ iso_weekday('days.calendar_date') }} as integer) as iso_weekday,
        case {{ iso_weekday('days.calendar_date') }}
            {%- for name in ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'] %}
            when {{ loop.index }} then '{{ name }}'
            {%- endfor %}
        end as weekday,
        cast({{ iso_year('days.calendar_date') }} as integer) as iso_year,
        cast(weekofyear(days.calendar_date) as integer) as iso_week,
        cast(date_trunc('week', days.calendar_date) as date) as week_start_date,
        cast(date_trunc('month', days.calendar_date) as date) as month_start_date,
        trading_days.transaction_date is not null as is_trading_day,
        promotion_days.calendar_date is not null as is_promotion_day,
        max(case when promotion_days.calendar_date is not null then 1 else 0 end) over (
            partition by date_trunc('week', days.calendar_date)
        ) = 1 as is_promotion_week
    from days
    left join trading_days on days.calendar_date = trading_days.transaction_date
    left join promotion_days on days.calendar_date = promotion_days.calendar_date
)

select * from final
