{{ config(materialized='view') }}

with

lines as (
    select * from {{ ref('receipt_lines') }}
),

final as (
    select
        receipt_key,
        dataset,
        customer_key,
        store_key,
        receipt_date,
        min(sold_at) as sold_at,
        receipt_id,
        cast(count(*) as integer) as lines,
        cast(count(distinct product_key) as integer) as products,
        cast(sum(units) as decimal(18, 3)) as units,
        cast(sum(sales_amount) as decimal(18, 2)) as sales_amount,
        cast(sum(cost_amount) as decimal(18, 2)) as cost_amount,
        cast(sum(discount_amount) as decimal(18, 2)) as discount_amount
    from lines
    group by receipt_key, dataset, customer_key, store_key, receipt_date, receipt_id
)

select * from final
