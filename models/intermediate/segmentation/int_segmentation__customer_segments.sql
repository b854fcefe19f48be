with

unit_customers as (
    select * from {{ ref('int_segmentation__unit_customers') }}
),

scores as (
    select * from {{ ref('int_segmentation__scores') }}
),

names as (
    select * from {{ ref('int_segmentation__names') }}
),

final as (
    select
        unit_customers.dataset,
        unit_customers.analysis,
        unit_customers.customer_key,
        unit_customers.unit_id,
        coalesce(scores.cluster_id, 0) as cluster_id,
        coalesce(names.segment_name, 'Unknown') as segment_name,
        scores.distance,
        scores.runner_up_cluster_id,
        scores.runner_up_distance
    from unit_customers
    left join scores on unit_customers.analysis = scores.analysis and unit_customers.unit_id = scores.unit_id
    left join names on scores.analysis = names.analysis and scores.cluster_id = names.cluster_id
)

select * from final
