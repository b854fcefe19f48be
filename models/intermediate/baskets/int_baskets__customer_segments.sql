with

customer_segments as (
    select * from {{ ref('int_segmentation__customer_segments') }}
),

-- Baskets are compared by one segmentation: of several of a dataset, by the first in the alphabet.
segmentations as (
    select
        dataset,
        min(analysis) as analysis
    from customer_segments
    group by dataset
),

-- Cluster 0 holds the customers that a segmentation could not place.
final as (
    select
        customer_segments.customer_key,
        customer_segments.segment_name
    from customer_segments
    inner join segmentations
        on
            customer_segments.dataset = segmentations.dataset
            and customer_segments.analysis = segmentations.analysis
    where customer_segments.cluster_id > 0
)

select * from final
