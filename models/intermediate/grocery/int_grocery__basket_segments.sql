with

baskets as (
    select * from {{ ref('stg_grocery__baskets') }}
),

segments as (
    select * from {{ ref('int_segmentation__customer_segments') }}
    where analysis = 'grocery_customers'
),

final as (
    select
        basket_id,
        'All' as segment_name
    from baskets
    union all
    select
        baskets.basket_id,
        segments.segment_name
    from baskets
    inner join segments on cast(baskets.customer_id as {{ dbt.type_string() }}) = segments.unit_id
)

select * from final
