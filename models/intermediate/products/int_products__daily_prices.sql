with

lines as (
    select * from {{ ref('int_products__sales_lines') }}
),

final as (
    select
        dataset,
        product_key,
        receipt_date,
        cast(date_trunc('week', receipt_date) as date) as week_start_date,
        unit_price,
        count(*) as lines,
        cast(sum(units) as decimal(18, 3)) as units,
        cast(sum(sales_amount) as decimal(18, 2)) as sales_amount
    from lines
    group by dataset, product_key, receipt_date, unit_price
)

select * from final
