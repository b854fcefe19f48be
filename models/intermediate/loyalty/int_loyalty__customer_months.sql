with

receipts as (
    select * from {{ ref('int_products__receipts') }}
    where customer_key is not null
),

-- Bringing something back is no purchase, but what it cost is taken off the month's sales.
monthly as (
    select
        dataset,
        customer_key,
        cast(date_trunc('month', receipt_date) as date) as month_start_date,
        count(*) filter (where units >= 0) as receipts,
        count(*) as all_receipts,
        max(receipt_date) as last_receipt_date,
        cast(sum(units) as decimal(18, 3)) as units,
        cast(sum(sales_amount) as decimal(18, 2)) as sales_amount
    from receipts
    group by dataset, customer_key, cast(date_trunc('month', receipt_date) as date)
),

final as (
    select
        dataset,
        customer_key,
        month_start_date,
        cast(12 * year(month_start_date) + month(month_start_date) as integer) as month_number,
        min(case when receipts > 0 then month_start_date end) over (partition by customer_key) as cohort_start_date,
        receipts,
        all_receipts,
        last_receipt_date,
        units,
        sales_amount
    from monthly
)

select * from final
