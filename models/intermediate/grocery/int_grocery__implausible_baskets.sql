with

baskets as (
    select * from {{ ref('stg_grocery__baskets') }}
),

basket_items as (
    select * from {{ ref('int_grocery__basket_items') }}
),

unlisted_products as (
    select * from {{ ref('int_grocery__products') }}
    where category = 'Unknown'
),

faults as (
    select
        basket_id,
        'basket has more than {{ var("max_basket_items") }} products, of which only those are mined that sell best'
            as reason
    from basket_items
    where not is_mined
    union all
    select
        basket_id,
        'basket lists a product more than once' as reason
    from basket_items
    where lines > 1
    union all
    select
        basket_items.basket_id,
        'basket holds a product without a category' as reason
    from basket_items
    inner join unlisted_products on basket_items.product_id = unlisted_products.product_id
),

final as (
    select distinct
        faults.basket_id,
        baskets.customer_id,
        faults.reason
    from faults
    inner join baskets on faults.basket_id = baskets.basket_id
)

select * from final
