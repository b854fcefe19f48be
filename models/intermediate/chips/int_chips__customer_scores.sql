with

customers as (
    select * from {{ ref('loyalty_customers') }}
),

clusters as (
    select * from {{ ref('lifestage_segment_clusters') }}
),

final as (
    select
        customers.customer_id,
        clusters.cluster_id,
        clusters.distance,
        clusters.runner_up_cluster_id,
        clusters.runner_up_distance
    from customers
    inner join clusters
        on customers.lifestage = clusters.lifestage and customers.premium_tier = clusters.premium_tier
)

select * from final
