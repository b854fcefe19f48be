with

rows_with_dates as (
    select * from {{ ref('stg_campaign__customers') }}
),

final as (
    select
        'marketing_data' as source_file,
        min(enrolment_date) as oldest_date,
        max(enrolment_date) as newest_date,
        count(enrolment_date) as dated_rows
    from rows_with_dates
)

select * from final
