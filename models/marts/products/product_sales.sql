with

attribute_sales as (
    select * from {{ ref('int_products__attribute_sales') }}
    where attribute = 'product'
),

products as (
    select * from {{ ref('int_products__products') }}
),

final as (
    select
        products.dataset,
        products.product_id,
        products.product_name,
        products.brand,
        products.flavour,
        products.flavour_family,
        products.pack_size_g,
        products.product_type,
        attribute_sales.sales_amount,
        attribute_sales.units,
        attribute_sales.receipts as transactions,
        attribute_sales.customers,
        attribute_sales.avg_unit_price,
        attribute_sales.sales_rank,
        attribute_sales.sales_share,
        attribute_sales.cumulative_sales_share,
        100 * attribute_sales.avg_unit_price / products.pack_size_g as price_per_100g,
        attribute_sales.abc_class
    from attribute_sales
    inner join products
        on attribute_sales.dataset = products.dataset and attribute_sales.attribute_value = products.product_id
)

select * from final
