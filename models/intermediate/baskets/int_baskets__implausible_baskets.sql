with

levels as (
    select * from {{ ref('int_baskets__levels') }}
    where item_level = 'product' and basket = 'receipt'
),

basket_items as (
    select * from {{ ref('int_baskets__basket_items') }}
),

baskets as (
    select * from {{ ref('int_baskets__baskets') }}
    where basket = 'receipt'
),

uncategorised_items as (
    select distinct
        level_id,
        item_id
    from {{ ref('int_baskets__product_items') }}
    where category = 'Unknown'
),

product_items as (
    select basket_items.*
    from basket_items
    inner join levels on basket_items.level_id = levels.level_id
),

sizes as (
    select
        basket_id,
        count(*) as products
    from product_items
    group by basket_id
),

faults as (
    select
        basket_id,
        'basket has more than {{ var("max_basket_items") }} products, of which only those are mined that sell best'
            as reason
    from sizes
    where products > {{ var('max_basket_items') }}
    union all
    -- A till may print the lines of a product one by one; a list that somebody writes names it once.
    select
        baskets.basket_id,
        'basket lists a product more than once' as reason
    from baskets
    inner join sizes on baskets.basket_id = sizes.basket_id
    where baskets.lines > sizes.products and baskets.receipt_date is null
    union all
    select
        product_items.basket_id,
        'basket holds a product without a category' as reason
    from product_items
    inner join uncategorised_items
        on product_items.level_id = uncategorised_items.level_id and product_items.item_id = uncategorised_items.item_id
),

final as (
    select distinct
        baskets.dataset,
        baskets.basket_id,
        baskets.receipt_id,
        baskets.customer_key,
        faults.reason
    from faults
    inner join baskets on faults.basket_id = baskets.basket_id
)

select * from final
