with

classes as (
    select * from {{ ref('int_loyalty__activity_classes') }}
),

final as (
    select
        dataset,
        snapshot,
        visits_class,
        recency_class,
        rfm_segment,
        count(*) as customers,
        count(*) filter (where is_active) as active_customers
    from classes
    where snapshot <> 'now'
    group by dataset, snapshot, visits_class, recency_class, rfm_segment
)

select * from final
