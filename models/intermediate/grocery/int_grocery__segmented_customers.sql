with

customers as (
    select * from {{ ref('int_grocery__customers') }}
),

segments as (
    select
        cast(unit_id as integer) as customer_id,
        cluster_id,
        segment_name
    from {{ ref('int_segmentation__customer_segments') }}
    where analysis = 'grocery_customers'
),

final as (
    select
        customers.customer_id,
        segments.cluster_id,
        segments.segment_name,
        customers.{{ grocery_amounts().values() | join(',\n        customers.') }}
    from customers
    left join segments on customers.customer_id = segments.customer_id
)

select * from final
