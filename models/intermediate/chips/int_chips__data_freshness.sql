with

rows_with_dates as (
    select * from {{ ref('stg_chips__transactions') }}
),

final as (
    select
        'transaction_data' as source_file,
        min(transaction_date) as oldest_date,
        max(transaction_date) as newest_date,
        count(transaction_date) as dated_rows
    from rows_with_dates
)

select * from final
