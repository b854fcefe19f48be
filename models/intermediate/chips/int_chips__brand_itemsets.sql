with

preferences as (
    select * from {{ ref('int_loyalty__customer_preferences') }}
),

brands as (
    select distinct value_id
    from {{ ref('int_products__product_attributes') }}
    where dataset = 'chips' and attribute = 'brand'
),

basket_segments as (
    select * from {{ ref('int_chips__customer_segments') }}
),

-- All that a customer ever bought is one basket: a single purchase seldom holds two brands.
items as (
    select
        preferences.customer_key as basket_id,
        preferences.value_id as item_id
    from preferences
    inner join brands on preferences.value_id = brands.value_id
),

final as (
    {{ frequent_itemsets('items', 'basket_segments', var('basket_rules')['chips_brands']) }}
)

select * from final
