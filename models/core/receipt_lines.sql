{{ config(materialized='view') }}

with

sales_lines as (
    select * from {{ ref('sales_lines') }}
),

-- Tills use receipt numbers again on other days and for other customers, so the number alone is no key.
final as (
    select
        cast(dense_rank() over (
            order by
                dataset nulls last,
                receipt_date nulls last,
                store_key nulls last,
                customer_key nulls last,
                receipt_id nulls last
        ) as integer) as receipt_key,
        dataset,
        customer_key,
        store_key,
        product_key,
        receipt_date,
        sold_at,
        receipt_id,
        units,
        sales_amount,
        cost_amount,
        discount_amount
    from sales_lines
)

select * from final
