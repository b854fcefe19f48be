{%- set dates = {
    'chips': ('int_chips__daily_prices', 'transaction_date'),
    'campaign': ('int_campaign__customers', 'enrolment_date'),
} -%}
with

known_dates as (
    {%- for dataset, (model, date) in dates.items() if dataset in var('datasets') %}
    select {{ date }} as known_date from {{ ref(model) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

days as (
    {{ calendar_days('known_dates', 'known_date', 'known_date') }}
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
        cast(date_trunc('quarter', calendar_date) as date) as quarter_start_date
    from days
)

select * from final
