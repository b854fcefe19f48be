with

scores as (
    select * from {{ ref('int_chips__lifestage_scores') }}
),

names as (
    select * from {{ ref('int_chips__lifestage_names') }}
),

lifestage_segments as (
    select * from {{ ref('lifestage_segments') }}
),

final as (
    select
        scores.lifestage,
        scores.premium_tier,
        scores.cluster_id,
        names.segment_name,
        lifestage_segments.total_sales,
        lifestage_segments.customer_count,
        lifestage_segments.avg_sales_per_customer,
        scores.distance,
        scores.runner_up_cluster_id,
        scores.runner_up_distance
    from scores
    inner join names on scores.cluster_id = names.cluster_id
    inner join lifestage_segments
        on
            scores.lifestage = lifestage_segments.lifestage
            and scores.premium_tier = lifestage_segments.premium_tier
)

select * from final
