with

levels as (
    select * from {{ ref('int_baskets__levels') }}
),

products as (
    select * from {{ ref('int_products__products') }}
    where is_counted
),

product_attributes as (
    select * from {{ ref('int_products__product_attributes') }}
),

sales_lines as (
    select * from {{ ref('sales_lines') }}
),

product_lines as (
    select
        product_key,
        count(*) as lines
    from sales_lines
    group by product_key
),

categories as (
    select
        product_key,
        attribute_value as category
    from product_attributes
    where attribute = 'category'
),

-- Products may share a name; items may not.
product_names as (
    select
        product_key,
        dataset,
        case
            when count(*) over (partition by dataset, product_name) > 1 then product_name || ' (' || product_id || ')'
            else product_name
        end as product_name
    from products
),

items as (
    select
        levels.level_id,
        product_names.product_key,
        product_names.product_name as item_name,
        categories.category
    from product_names
    inner join levels on product_names.dataset = levels.dataset and levels.item_level = 'product'
    left join categories on product_names.product_key = categories.product_key
    union all
    -- What is not known of a product is nothing that it has in common with another.
    select
        levels.level_id,
        product_attributes.product_key,
        product_attributes.attribute_value as item_name,
        case when levels.item_level = 'category' then product_attributes.attribute_value end as category
    from product_attributes
    inner join levels
        on product_attributes.dataset = levels.dataset and product_attributes.attribute = levels.item_level
    inner join products on product_attributes.product_key = products.product_key
    where levels.item_level <> 'product' and product_attributes.is_stated
),

final as (
    select
        items.level_id,
        items.product_key,
        cast(dense_rank() over (
            order by items.level_id nulls last, items.item_name nulls last
        ) as integer) as item_id,
        items.item_name,
        items.category,
        sum(coalesce(product_lines.lines, 0)) over (partition by items.level_id, items.item_name) as item_lines
    from items
    left join product_lines on items.product_key = product_lines.product_key
)

select * from final
