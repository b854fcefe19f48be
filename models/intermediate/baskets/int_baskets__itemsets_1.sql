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

-- Pairs grow with the square of the items: of very many frequent ones, those in most baskets are mined.
ranked as (
    select
        *,
        row_number() over (
            partition by segment_id order by itemset_baskets desc nulls last, item_id nulls last
        ) as item_rank
    from by_segment
),

-- The empty set, which all sets grow from, has the number of its segment below zero: a prefix belongs to one segment.
final as (
    select
        {{ itemset_number(1, ['ranked.segment_id', 'ranked.item_id']) }} as itemset_id,
        ranked.segment_id,
        cast(-ranked.segment_id as bigint) as prefix_id,
        ranked.item_id,
        ranked.itemset_baskets,
        ranked.itemset_baskets >= segments.required_baskets
        and ranked.item_rank <= {{ var('max_frequent_items') }} as is_frequent
    from ranked
    inner join segments on ranked.segment_id = segments.segment_id
)

select * from final
