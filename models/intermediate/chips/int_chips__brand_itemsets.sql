with

customer_brands as (
    select * from {{ ref('int_chips__customer_brands') }}
),

basket_segments as (
    select * from {{ ref('int_chips__customer_segments') }}
),

-- All that a customer ever bought is one basket: a single purchase seldom holds two brands.
items as (
    select
        customer_id as basket_id,
        value_id as item_id
    from customer_brands
),

final as (
    {{ frequent_itemsets('items', 'basket_segments', var('basket_rules')['chips_brands']) }}
)

select * from final
