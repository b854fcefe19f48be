-- Where a basket counts: in the segment of its customer, and in All.
with

segments as (
    select * from {{ ref('int_baskets__segments') }}
    where max_itemset_size > 1
),

final as (
    select
        segment_id as own_segment_id,
        segment_id
    from segments
    union
    select
        segment_id as own_segment_id,
        all_segment_id as segment_id
    from segments
)

select * from final
