-- Every line of a counted product that a basket can hold is in one basket: all lines where receipts are baskets, those
-- of known customers where all that a customer bought is one.
with

kinds as (
    select distinct
        dataset,
        basket
    from {{ ref('int_baskets__levels') }}
),

counted_products as (
    select * from {{ ref('int_products__products') }}
    where is_counted
),

sold as (
    select
        kinds.basket,
        sales_lines.dataset,
        count(*) as lines
    from {{ ref('sales_lines') }} as sales_lines
    inner join counted_products on sales_lines.product_key = counted_products.product_key
    inner join kinds on sales_lines.dataset = kinds.dataset
    where kinds.basket = 'receipt' or sales_lines.customer_key is not null
    group by kinds.basket, sales_lines.dataset
),

held as (
    select
        basket,
        dataset,
        sum(lines) as lines
    from {{ ref('int_baskets__baskets') }}
    group by basket, dataset
)

select
    sold.basket,
    sold.dataset,
    sold.lines as sold_lines,
    held.lines as held_lines
from sold
full outer join held on sold.basket = held.basket and sold.dataset = held.dataset
where sold.lines is distinct from held.lines
