with

segments as (
    select * from {{ ref('int_baskets__segments') }}
),

product_items as (
    select * from {{ ref('int_baskets__product_items') }}
),

baskets as (
    select * from {{ ref('int_baskets__baskets') }}
),

sales_lines as (
    select * from {{ ref('int_products__sales_lines') }}
),

item_sales as (
    select distinct
        item_id,
        item_lines
    from product_items
),

item_levels as (
    select
        product_items.level_id,
        product_items.product_key,
        product_items.item_id,
        segments.basket
    from product_items
    inner join segments on product_items.level_id = segments.level_id and segments.segment_name = 'All'
),

customer_items as (
    select
        item_levels.level_id,
        sales_lines.customer_key,
        item_levels.item_id,
        count(*) as lines
    from sales_lines
    inner join item_levels on sales_lines.product_key = item_levels.product_key and item_levels.basket = 'customer'
    where sales_lines.customer_key is not null
    group by item_levels.level_id, sales_lines.customer_key, item_levels.item_id
),

receipt_items as (
    select
        item_levels.level_id,
        sales_lines.customer_key,
        sales_lines.receipt_date,
        sales_lines.receipt_id,
        sales_lines.dataset,
        item_levels.item_id,
        count(*) as lines
    from sales_lines
    inner join item_levels on sales_lines.product_key = item_levels.product_key and item_levels.basket = 'receipt'
    group by
        item_levels.level_id, sales_lines.customer_key, sales_lines.receipt_date, sales_lines.receipt_id,
        sales_lines.dataset, item_levels.item_id
),

items as (
    select
        customer_items.level_id,
        baskets.segment_name,
        baskets.basket_id,
        customer_items.item_id,
        customer_items.lines
    from customer_items
    inner join baskets on customer_items.customer_key = baskets.basket_id and baskets.basket = 'customer'
    union all
    select
        receipt_items.level_id,
        baskets.segment_name,
        baskets.basket_id,
        receipt_items.item_id,
        receipt_items.lines
    from receipt_items
    inner join baskets
        on
            receipt_items.receipt_id = baskets.receipt_id
            and receipt_items.dataset = baskets.dataset
            and receipt_items.customer_key is not distinct from baskets.customer_key
            and receipt_items.receipt_date is not distinct from baskets.receipt_date
            and baskets.basket = 'receipt'
),

large_baskets as (
    select
        level_id,
        basket_id
    from items
    group by level_id, basket_id
    having count(*) > {{ var('max_basket_items') }}
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
    inner join large_baskets on items.level_id = large_baskets.level_id and items.basket_id = large_baskets.basket_id
    inner join item_sales on items.item_id = item_sales.item_id
),

final as (
    select
        items.level_id,
        segments.segment_id,
        items.basket_id,
        items.item_id,
        items.lines,
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
