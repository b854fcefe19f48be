with

basket_items as (
    select * from {{ ref('int_grocery__basket_items') }}
),

baskets as (
    select * from {{ ref('stg_grocery__baskets') }}
),

customers as (
    select * from {{ ref('int_grocery__segmented_customers') }}
),

final as (
    select
        customers.segment_name,
        baskets.customer_id,
        basket_items.product_id,
        count(*) as baskets
    from basket_items
    inner join baskets on basket_items.basket_id = baskets.basket_id
    inner join customers on baskets.customer_id = customers.customer_id
    group by customers.segment_name, baskets.customer_id, basket_items.product_id
)

select * from final
