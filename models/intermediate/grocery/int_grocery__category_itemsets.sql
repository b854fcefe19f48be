with

items as (
    select distinct
        basket_items.basket_id,
        products.category_id as item_id
    from {{ ref('int_grocery__basket_items') }} as basket_items
    inner join {{ ref('int_grocery__products') }} as products on basket_items.product_id = products.product_id
    where products.category <> 'Unknown'
),

basket_segments as (
    select * from {{ ref('int_grocery__basket_segments') }}
),

final as (
    {{ frequent_itemsets('items', 'basket_segments', var('basket_rules')['grocery_categories']) }}
)

select * from final
