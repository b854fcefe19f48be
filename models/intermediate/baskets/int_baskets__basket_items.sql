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

-- A dataset's lines are read for the kind of basket that it has. Each line finds its basket once, before it is read for
-- every level, and the rest are numbers.
basket_lines as (
    select
        'customer' as basket,
        sales_lines.dataset,
        sales_lines.customer_key as basket_id,
        sales_lines.product_key
    from sales_lines
    where
        sales_lines.customer_key is not null
        and sales_lines.dataset in (select customer_levels.dataset from customer_levels)
    union all
    select
        'receipt' as basket,
        sales_lines.dataset,
        baskets.basket_id,
        sales_lines.product_key
    from sales_lines
    inner join baskets
        on
            sales_lines.receipt_id = baskets.receipt_id
            and sales_lines.dataset = baskets.dataset
            and sales_lines.customer_key is not distinct from baskets.customer_key
            and sales_lines.receipt_date is not distinct from baskets.receipt_date
            and baskets.basket = 'receipt'
    where sales_lines.dataset in (select receipt_levels.dataset from receipt_levels)
),

basket_items as (
    select distinct
        product_items.level_id,
        basket_lines.basket_id,
        product_items.item_id
    from basket_lines
    inner join product_items on basket_lines.product_key = product_items.product_key
    inner join levels
        on
            product_items.level_id = levels.level_id
            and basket_lines.dataset = levels.dataset
            and basket_lines.basket = levels.basket
),

items as (
    select
        basket_items.level_id,
        baskets.segment_name,
        baskets.basket,
        baskets.basket_id,
        baskets.store_key,
        basket_items.item_id
    from basket_items
    inner join levels on basket_items.level_id = levels.level_id
    inner join baskets on basket_items.basket_id = baskets.basket_id and levels.basket = baskets.basket
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
