with

lines as (
    select * from {{ ref('int_products__sales_lines') }}
),

-- Tills use receipt numbers again on other days and for other customers.
final as (
    select
        dataset,
        customer_key,
        store_key,
        receipt_date,
        receipt_id,
        count(*) as lines,
        cast(sum(units) as decimal(18, 3)) as units,
        cast(sum(sales_amount) as decimal(18, 2)) as sales_amount
    from lines
    group by dataset, customer_key, store_key, receipt_date, receipt_id
)

select * from final
