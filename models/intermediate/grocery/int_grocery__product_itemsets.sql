with

items as (
    select
        basket_id,
        product_id as item_id
    from {{ ref('int_grocery__basket_items') }}
    where is_mined
),

basket_segments as (
    select * from {{ ref('int_grocery__basket_segments') }}
),

final as (
    {{ frequent_itemsets('items', 'basket_segments', var('basket_rules')['grocery_products']) }}
)

select * from final
