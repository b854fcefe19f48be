with

preferences as (
    select * from {{ ref('int_chips__customer_preferences') }}
),

favourites as (
    select
        customer_id,
        attribute,
        attribute_value
    from preferences
    qualify row_number() over (
        partition by customer_id, attribute
        order by units desc nulls last, sales_amount desc nulls last, attribute_value nulls last
    ) = 1
),

final as (
    select
        customer_id,
        max(attribute_value) filter (where attribute = 'brand') as favourite_brand,
        max(attribute_value) filter (where attribute = 'flavour') as favourite_flavour,
        max(attribute_value) filter (where attribute = 'pack size') as favourite_pack_size
    from favourites
    group by customer_id
)

select * from final
