with

products as (
    select * from {{ ref('stg_grocery__products') }}
),

final as (
    select
        product_id,
        'category' as attribute,
        category as attribute_value
    from products
)

select * from final
