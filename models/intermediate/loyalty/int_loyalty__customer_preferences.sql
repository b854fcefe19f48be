with

lines as (
    select * from {{ ref('int_products__sales_lines') }}
    where customer_key is not null
),

product_attributes as (
    select * from {{ ref('int_products__product_attributes') }}
    where attribute <> 'product'
),

final as (
    select
        lines.customer_key,
        product_attributes.value_id,
        cast(sum(lines.units) as decimal(18, 3)) as units,
        cast(sum(lines.sales_amount) as decimal(18, 2)) as sales_amount
    from lines
    inner join product_attributes on lines.product_key = product_attributes.product_key
    group by lines.customer_key, product_attributes.value_id
)

select * from final
