with

basket_items as (
    select * from {{ ref('int_baskets__basket_items') }}
    where is_mined
),

segments as (
    select * from {{ ref('int_baskets__segments') }}
),

counted as (
    select
        segment_id,
        item_id,
        count(*) as itemset_baskets
    from basket_items
    group by segment_id, item_id
),

-- Each basket counts in the segment of its customer, and in All.
by_segment as (
    select
        counted.segment_id,
        counted.item_id,
        counted.itemset_baskets
    from counted
    inner join segments on counted.segment_id = segments.segment_id
    where segments.segment_id <> segments.all_segment_id
    union all
    select
        segments.all_segment_id as segment_id,
        counted.item_id,
        cast(sum(counted.itemset_baskets) as bigint) as itemset_baskets
    from counted
    inner join segments on counted.segment_id = segments.segment_id
    group by segments.all_segment_id, counted.item_id
),

-- The empty set, which all sets grow from, has the number of its segment below zero: a prefix belongs to one segment.
final as (
    select
        {{ itemset_number(1, ['by_segment.segment_id', 'by_segment.item_id']) }} as itemset_id,
        by_segment.segment_id,
        cast(-by_segment.segment_id as bigint) as prefix_id,
        by_segment.item_id,
        by_segment.itemset_baskets,
        by_segment.itemset_baskets >= segments.required_baskets as is_frequent
    from by_segment
    inner join segments on by_segment.segment_id = segments.segment_id
)

select * from final
