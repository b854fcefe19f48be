with

groups as (
    select * from {{ ref('int_segmentation__groups') }}
    where analysis = 'lifestage_segments'
),

scores as (
    select * from {{ ref('int_segmentation__scores') }}
),

names as (
    select * from {{ ref('int_segmentation__names') }}
),

final as (
    select
        groups.dataset,
        case 'lifestage' when groups.first_attribute then groups.first_value else groups.second_value end as lifestage,
        case 'premium_tier' when groups.first_attribute then groups.first_value else groups.second_value end
            as premium_tier,
        coalesce(scores.cluster_id, 0) as cluster_id,
        coalesce(names.segment_name, 'Unknown') as segment_name,
        groups.sales_amount as total_sales,
        groups.customers as customer_count,
        groups.avg_sales_per_customer,
        scores.distance,
        scores.runner_up_cluster_id,
        scores.runner_up_distance
    from groups
    left join scores on groups.analysis = scores.analysis and groups.unit_id = scores.unit_id
    left join names on scores.analysis = names.analysis and scores.cluster_id = names.cluster_id
)

select * from final
