-- Counted from the raw tables alone, without the parsing and the rules on the other side of the reconciliation.
with

transactions as (
    select * from {{ ref('transaction_data') }}
),

customers as (
    select * from {{ ref('purchase_behaviour') }}
),

transaction_totals as (
    select
        'transaction_data' as source_file,
        count(*) as raw_rows,
        sum({{ rough_amount('"TOT_SALES"') }}) as raw_amount
    from transactions
),

customer_totals as (
    select
        'purchase_behaviour' as source_file,
        count(*) as raw_rows,
        cast(null as decimal(38, 4)) as raw_amount
    from customers
),

final as (
    select * from transaction_totals
    union all
    select * from customer_totals
)

select * from final
