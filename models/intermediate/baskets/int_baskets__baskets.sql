with

levels as (
    select * from {{ ref('int_baskets__levels') }}
),

products as (
    select * from {{ ref('int_products__products') }}
    where is_counted
),

sales_lines as (
    select * from {{ ref('sales_lines') }}
    where product_key in (select products.product_key from products)
),

customer_levels as (
    select * from levels
    where basket = 'customer'
),

receipt_levels as (
    select * from levels
    where basket = 'receipt'
),

home_stores as (
    select * from {{ ref('int_loyalty__home_stores') }}
),

customer_segments as (
    select * from {{ ref('int_baskets__customer_segments') }}
),

-- Tills use a number again, so a receipt is one customer's on one day.
receipts as (
    select
        dataset,
        customer_key,
        receipt_date,
        receipt_id,
        min(store_key) as store_key,
        count(*) as lines
    from sales_lines
    where dataset in (select receipt_levels.dataset from receipt_levels)
    group by dataset, customer_key, receipt_date, receipt_id
),

-- Everything that a customer ever bought.
customers as (
    select
        dataset,
        customer_key,
        count(*) as lines
    from sales_lines
    where dataset in (select customer_levels.dataset from customer_levels) and customer_key is not null
    group by dataset, customer_key
),

baskets as (
    select
        'receipt' as basket,
        cast(row_number() over (
            order by
                dataset nulls last, customer_key nulls last, receipt_date nulls last, receipt_id nulls last
        ) as integer) as basket_id,
        dataset,
        customer_key,
        receipt_date,
        receipt_id,
        store_key,
        lines
    from receipts
    union all
    select
        'customer' as basket,
        customer_key as basket_id,
        dataset,
        customer_key,
        cast(null as date) as receipt_date,
        cast(null as {{ dbt.type_string() }}) as receipt_id,
        cast(null as integer) as store_key,
        lines
    from customers
),

final as (
    select
        baskets.basket,
        baskets.basket_id,
        baskets.dataset,
        baskets.customer_key,
        baskets.receipt_date,
        baskets.receipt_id,
        coalesce(customer_segments.segment_name, 'All') as segment_name,
        case when baskets.basket = 'customer' then home_stores.store_key else baskets.store_key end as store_key,
        baskets.lines
    from baskets
    left join customer_segments on baskets.customer_key = customer_segments.customer_key
    left join home_stores on baskets.customer_key = home_stores.customer_key
)

select * from final
