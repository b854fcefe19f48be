with

customer_segments as (
    select * from {{ ref('int_segmentation__customer_segments') }}
),

names as (
    select * from {{ ref('int_segmentation__names') }}
),

customers as (
    select * from {{ ref('customers') }}
),

final as (
    select
        customer_segments.dataset,
        customer_segments.analysis,
        customers.customer_id,
        customer_segments.cluster_id,
        customer_segments.segment_name,
        customer_segments.distance,
        runners_up.segment_name as runner_up_segment_name,
        customer_segments.runner_up_distance,
        coalesce(
            customer_segments.distance > {{ var('borderline_ratio') }} * customer_segments.runner_up_distance, false
        ) as is_borderline
    from customer_segments
    inner join customers on customer_segments.customer_key = customers.customer_key
    left join names as runners_up
        on
            customer_segments.analysis = runners_up.analysis
            and customer_segments.runner_up_cluster_id = runners_up.cluster_id
)

select * from final
