with

month_ends as (
    select * from {{ ref('int_loyalty__month_ends') }}
),

customer_months as (
    select * from {{ ref('int_loyalty__customer_months') }}
),

final as (
    select
        customer_months.dataset,
        month_ends.snapshot,
        customer_months.customer_key,
        month_ends.snapshot_date,
        month_ends.month_number,
        cast(sum(customer_months.all_receipts) as bigint) as receipts,
        cast(sum(customer_months.sales_amount) as decimal(18, 2)) as sales_amount,
        max(customer_months.last_receipt_date) as last_purchase_date
    from customer_months
    inner join month_ends
        on
            customer_months.dataset = month_ends.dataset
            and customer_months.month_number <= month_ends.month_number
    group by
        customer_months.dataset, month_ends.snapshot, customer_months.customer_key, month_ends.snapshot_date,
        month_ends.month_number
)

select * from final
