with

receipts as (
    select * from {{ ref('int_products__receipts') }}
),

final as (
    select
        dataset,
        receipt_date,
        count(*) as receipts,
        count(distinct customer_key) as customers,
        cast(sum(lines) as bigint) as lines,
        cast(sum(units) as decimal(18, 3)) as units,
        cast(sum(sales_amount) as decimal(18, 2)) as sales_amount
    from receipts
    group by dataset, receipt_date
)

select * from final
