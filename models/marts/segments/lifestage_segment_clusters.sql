with

scores as (
    select * from {{ ref('int_chips__lifestage_scores') }}
),

names as (
    select * from {{ ref('int_chips__lifestage_names') }}
),

lifestage_segments as (
    select * from {{ ref('int_loyalty__lifestage_segments') }}
    where dataset = 'chips'
),

final as (
    select
        lifestage_segments.lifestage,
        lifestage_segments.premium_tier,
        coalesce(scores.cluster_id, 0) as cluster_id,
        coalesce(names.segment_name, 'Unknown') as segment_name,
        lifestage_segments.total_sales,
        lifestage_segments.customer_count,
        lifestage_segments.avg_sales_per_customer,
        scores.distance,
        scores.runner_up_cluster_id,
        scores.runner_up_distance
    from lifestage_segments
    left join scores
        on
            lifestage_segments.lifestage = scores.lifestage
            and lifestage_segments.premium_tier = scores.premium_tier
    left join names on scores.cluster_id = names.cluster_id
)

select * from final
