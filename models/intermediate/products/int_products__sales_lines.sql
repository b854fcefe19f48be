with

sales_lines as (
    select * from {{ ref('sales_lines') }}
),

counted_products as (
    select * from {{ ref('int_products__products') }}
    where is_counted
),

-- Baskets without amounts or days are no sales that could be summed or followed over time.
final as (
    select
        sales_lines.dataset,
        sales_lines.customer_key,
        sales_lines.store_key,
        sales_lines.product_key,
        sales_lines.receipt_id,
        sales_lines.receipt_date,
        sales_lines.units,
        sales_lines.sales_amount,
        sales_lines.cost_amount,
        {{ decimal_quotient('sales_lines.sales_amount', 'nullif(sales_lines.units, 0)', 2) }} as unit_price
    from sales_lines
    inner join counted_products on sales_lines.product_key = counted_products.product_key
    where sales_lines.sales_amount is not null and sales_lines.receipt_date is not null
)

select * from final
