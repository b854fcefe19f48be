with

transactions as (
    select * from {{ ref('base_chips__transactions') }}
),

customers as (
    select * from {{ ref('base_chips__customers') }}
),

final as (
    select
        'transaction_data' as source_file,
        'line' as row_type,
        transaction_date as row_date,
        case
            when rejection_reason is null then cast(sales_amount as decimal(38, 6))
            -- Only the raw fields hold a refused amount: a column for it would be stored for every line.
            else {{ rough_amount("raw_fields['TOT_SALES']") }}
        end as file_amount,
        rejection_reason,
        raw_fields
    from transactions
    union all
    select
        'purchase_behaviour' as source_file,
        'customer' as row_type,
        cast(null as date) as row_date,
        cast(null as decimal(38, 6)) as file_amount,
        rejection_reason,
        raw_fields
    from customers
)

select * from final
