with

levels as (
    select * from {{ ref('int_baskets__levels') }}
),

segments as (
    select * from {{ ref('int_baskets__segments') }}
),

product_items as (
    select * from {{ ref('int_baskets__product_items') }}
),

baskets as (
    select * from {{ ref('int_baskets__baskets') }}
),

item_sales as (
    select distinct
        item_id,
        item_lines
    from product_items
),

sales_lines as (
    select * from {{ ref('sales_lines') }}
),

customer_levels as (
    select * from levels
    where basket = 'customer'
),

receipt_levels as (
    select * from levels
    where basket = 'receipt'
),

-- A dataset's lines are read for the kind of basket that it has.
customer_lines as (
    select * from sales_lines
    where dataset in (select customer_levels.dataset from customer_levels)
),

receipt_lines as (
    select * from sales_lines
    where dataset in (select receipt_levels.dataset from receipt_levels)
),

customer_items as (
    select distinct
        customer_levels.level_id,
        customer_lines.customer_key,
        product_items.item_id
    from customer_lines
    inner join product_items on customer_lines.product_key = product_items.product_key
    inner join customer_levels on product_items.level_id = customer_levels.level_id
),

receipt_items as (
    select distinct
        receipt_levels.level_id,
        receipt_lines.dataset,
        receipt_lines.customer_key,
        receipt_lines.receipt_date,
        receipt_lines.receipt_id,
        product_items.item_id
    from receipt_lines
    inner join product_items on receipt_lines.product_key = product_items.product_key
    inner join receipt_levels on product_items.level_id = receipt_levels.level_id
),

items as (
    select
        customer_items.level_id,
        baskets.segment_name,
        baskets.basket,
        baskets.basket_id,
        baskets.store_key,
        customer_items.item_id
    from customer_items
    inner join baskets on customer_items.customer_key = baskets.basket_id and baskets.basket = 'customer'
    union all
    select
        receipt_items.level_id,
        baskets.segment_name,
        baskets.basket,
        baskets.basket_id,
        baskets.store_key,
        receipt_items.item_id
    from receipt_items
    inner join baskets
        on
            receipt_items.receipt_id = baskets.receipt_id
            and receipt_items.dataset = baskets.dataset
            and receipt_items.customer_key is not distinct from baskets.customer_key
            and receipt_items.receipt_date is not distinct from baskets.receipt_date
            and baskets.basket = 'receipt'
),

-- The pairs of a basket grow with the square of its size. Of a very large one the items that sell best are mined.
ranked as (
    select
        items.level_id,
        items.basket_id,
        items.item_id,
        row_number() over (
            partition by items.level_id, items.basket_id
            order by item_sales.item_lines desc nulls last, items.item_id nulls last
        ) as item_rank
    from items
    inner join baskets
        on
            items.basket = baskets.basket
            and items.basket_id = baskets.basket_id
            and baskets.lines > {{ var('max_basket_items') }}
    inner join item_sales on items.item_id = item_sales.item_id
),

final as (
    select
        items.level_id,
        segments.segment_id,
        items.basket_id,
        items.store_key,
        items.item_id,
        coalesce(ranked.item_rank <= {{ var('max_basket_items') }}, true) as is_mined
    from items
    inner join segments on items.level_id = segments.level_id and items.segment_name = segments.segment_name
    left join ranked
        on
            items.level_id = ranked.level_id
            and items.basket_id = ranked.basket_id
            and items.item_id = ranked.item_id
)

select * from final
