with

analyses as (
    select * from {{ ref('segmentation_settings') }}
    where unit = 'customer'
),

customer_segments as (
    select * from {{ ref('int_segmentation__customer_segments') }}
),

final as (
    select
        customer_segments.dataset,
        customer_segments.analysis,
        customer_segments.customer_key,
        customer_segments.unit_id,
        customer_segments.cluster_id,
        customer_segments.segment_name
    from customer_segments
    inner join analyses on customer_segments.analysis = analyses.analysis
)

select * from final
