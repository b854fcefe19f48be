with

returned_days as (
    select * from {{ ref('int_products__returns') }}
),

sales_lines as (
    select * from {{ ref('int_products__sales_lines') }}
    where units > 0
),

products as (
    select * from {{ ref('products') }}
),

returned_products as (
    select
        product_key,
        sum(returned_units) as returned_units,
        sum(returned_amount) as returned_amount,
        sum(matched_units) as matched_units,
        sum(matched_amount) as matched_amount,
        count(distinct customer_key) as customers
    from returned_days
    group by product_key
),

sold_products as (
    select
        product_key,
        sum(units) as sold_units
    from sales_lines
    where product_key in (select returned_products.product_key from returned_products)
    group by product_key
),

final as (
    select
        products.dataset,
        products.product_id,
        products.product_name,
        cast(coalesce(sold_products.sold_units, 0) as decimal(18, 3)) as sold_units,
        cast(returned_products.returned_units as decimal(18, 3)) as returned_units,
        cast(returned_products.returned_units as double) / nullif(sold_products.sold_units, 0) as returned_share,
        cast(returned_products.returned_amount as decimal(18, 2)) as returned_amount,
        cast(returned_products.matched_units as decimal(18, 3)) as matched_units,
        cast(returned_products.matched_amount as decimal(18, 2)) as matched_amount,
        returned_products.customers
    from returned_products
    inner join products on returned_products.product_key = products.product_key
    left join sold_products on returned_products.product_key = sold_products.product_key
)

select * from final
