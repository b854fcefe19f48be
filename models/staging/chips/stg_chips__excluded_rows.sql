with

transactions as (
    select * from {{ ref('base_chips__transactions') }}
    where rejection_reason is null and not {{ is_until_as_of_date('transaction_date', var('as_of_date')) }}
),

final as (
    select
        'transaction_data' as source_file,
        'later than as_of_date' as exclusion_reason,
        count(*) as excluded_rows,
        cast(sum(sales_amount) as decimal(38, 6)) as excluded_amount
    from transactions
    having count(*) > 0
)

select * from final
