with

lines as (
    select * from {{ ref('int_products__sales_lines') }}
),

usual_prices as (
    select
        product_key,
        {{ decimal_quotient('sum(sales_amount)', 'nullif(sum(units), 0)', 4) }} as usual_price
    from {{ ref('int_products__daily_prices') }}
    group by product_key
),

final as (
    select
        lines.dataset,
        lines.store_key,
        lines.receipt_date,
        sum(lines.units * usual_prices.usual_price) as usual_amount
    from lines
    inner join usual_prices on lines.product_key = usual_prices.product_key
    group by lines.dataset, lines.store_key, lines.receipt_date
)

select * from final
