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

last_customers as (
    select * from {{ ref('int_segmentation__last_customers') }}
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
        ) as is_borderline,
        last_customers.segment_name as last_segment_name
    from customer_segments
    inner join customers on customer_segments.customer_key = customers.customer_key
    left join names as runners_up
        on
            customer_segments.analysis = runners_up.analysis
            and customer_segments.runner_up_cluster_id = runners_up.cluster_id
    left join last_customers
        on
            customer_segments.analysis = last_customers.analysis
            and customers.customer_id = last_customers.customer_id
)

select * from final
