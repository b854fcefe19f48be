with

preferences as (
    select * from {{ ref('int_chips__customer_preferences') }}
    where attribute = 'brand'
),

final as (
    select
        cast(row_number() over (order by attribute_value nulls last) as integer) as brand_id,
        attribute_value as brand
    from preferences
    group by attribute_value
)

select * from final
