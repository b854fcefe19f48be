with

product_categories as (
    select * from {{ ref('base_grocery__product_categories') }}
),

final as (
    select
        -- keys
        product_name,

        -- attributes
        category
    from product_categories
    where rejection_reason is null
)

select * from final
