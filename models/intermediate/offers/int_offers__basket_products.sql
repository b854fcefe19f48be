with

customers as (
    select * from {{ ref('int_campaigns__customers') }}
),

products as (
    select * from {{ ref('int_products__products') }}
    where is_counted
),

sales_lines as (
    select * from {{ ref('sales_lines') }}
),

final as (
    select
        customers.dataset,
        customers.analysis,
        customers.segment_name,
        sales_lines.customer_key,
        sales_lines.receipt_date,
        sales_lines.receipt_id,
        sales_lines.product_key,
        count(*) as lines
    from sales_lines
    inner join products on sales_lines.product_key = products.product_key
    inner join customers on sales_lines.customer_key = customers.customer_key
    group by
        customers.dataset, customers.analysis, customers.segment_name, sales_lines.customer_key,
        sales_lines.receipt_date, sales_lines.receipt_id, sales_lines.product_key
)

select * from final
