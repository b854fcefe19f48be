with

receipt_days as (
    {{ union_staging('sales_lines', ['chips', 'grocery', 'mapped'], {'receipt_date': 'date'}) }}
),

customer_days as (
    {{ union_staging(
        'customer_attributes',
        ['campaign'],
        {'attribute_type': dbt.type_string(), 'attribute_value': dbt.type_string()}
    ) }}
),

known_dates as (
    select receipt_date as known_date from receipt_days
    union all
    select case when attribute_type = 'day' then cast(attribute_value as date) end as known_date
    from customer_days
),

days as (
    {{ calendar_days('known_dates', 'known_date', 'known_date') }}
),

named_days as (
    select
        calendar_date,
        {{ holiday_name('calendar_date') }} as holiday_name
    from days
),

final as (
    select
        calendar_date,
        cast({{ iso_weekday('calendar_date') }} as integer) as iso_weekday,
        cast(weekofyear(calendar_date) as integer) as iso_week,
        cast({{ iso_year('calendar_date') }} as integer) as iso_year,
        cast(extract(year from calendar_date) as integer) as calendar_year,
        cast(date_trunc('week', calendar_date) as date) as week_start_date,
        cast(date_trunc('month', calendar_date) as date) as month_start_date,
        cast(date_trunc('quarter', calendar_date) as date) as quarter_start_date,
        holiday_name is not null as is_holiday,
        holiday_name
    from named_days
)

select * from final
