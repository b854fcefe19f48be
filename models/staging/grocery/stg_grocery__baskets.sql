with

baskets as (
    select * from {{ ref('base_grocery__baskets') }}
),

final as (
    select
        -- keys
        basket_id,
        customer_id,

        -- attributes
        product_literals
    from baskets
    where rejection_reason is null
)

select * from final
