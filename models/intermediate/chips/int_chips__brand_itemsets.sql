with

preferences as (
    select * from {{ ref('int_chips__customer_preferences') }}
    where attribute = 'brand'
),

brands as (
    select * from {{ ref('int_chips__brands') }}
),

basket_segments as (
    select * from {{ ref('int_chips__customer_segments') }}
),

-- All that a customer ever bought is one basket: a single purchase seldom holds two brands.
items as (
    select
        preferences.customer_id as basket_id,
        brands.brand_id as item_id
    from preferences
    inner join brands on preferences.attribute_value = brands.brand
),

final as (
    {{ frequent_itemsets('items', 'basket_segments', var('basket_rules')['chips_brands']) }}
)

select * from final
