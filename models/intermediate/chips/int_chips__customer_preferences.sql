with

sales as (
    select * from {{ ref('int_chips__sales') }}
),

product_values as (
    select * from {{ ref('int_chips__product_values') }}
    where attribute <> 'product'
),

final as (
    select
        sales.customer_id,
        product_values.value_id,
        cast(sum(sales.units) as bigint) as units,
        cast(sum(sales.sales_amount) as decimal(18, 2)) as sales_amount
    from sales
    inner join product_values on sales.product_id = product_values.product_id
    group by sales.customer_id, product_values.value_id
)

select * from final
