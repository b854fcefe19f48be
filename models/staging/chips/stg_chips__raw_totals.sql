with

transactions as (
    select * from {{ ref('base_chips__file_totals') }}
),

customers as (
    select * from {{ ref('purchase_behaviour') }}
),

transaction_totals as (
    select
        'transaction_data' as source_file,
        cast(coalesce(sum(raw_rows), 0) as bigint) as raw_rows,
        coalesce(sum(raw_amount), 0) as raw_amount
    from transactions
),

customer_totals as (
    select
        'purchase_behaviour' as source_file,
        count(*) as raw_rows,
        cast(null as decimal(38, 6)) as raw_amount
    from customers
),

final as (
    select * from transaction_totals
    union all
    select * from customer_totals
)

select * from final
