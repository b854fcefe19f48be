with

contents as (
    select * from {{ ref('int_baskets__contents') }}
),

segments as (
    select * from {{ ref('int_baskets__segments') }}
),

single_items as (
    select * from {{ ref('int_baskets__itemsets_1') }}
),

counted as (
    select
        firsts.itemset_id as prefix_id,
        seconds.itemset_id as second_id,
        cast(sum(firsts.baskets) as bigint) as itemset_baskets
    from contents as firsts
    inner join contents as seconds
        on
            firsts.segment_id = seconds.segment_id
            and firsts.content_id = seconds.content_id
            and firsts.item_id < seconds.item_id
    group by firsts.itemset_id, seconds.itemset_id
),

final as (
    select
        {{ itemset_number(2, ['counted.prefix_id', 'counted.second_id']) }} as itemset_id,
        single_items.segment_id,
        counted.prefix_id,
        single_items.item_id,
        {{ array_of(['counted.prefix_id', 'counted.second_id']) }} as subset_ids,
        counted.itemset_baskets,
        counted.itemset_baskets >= segments.required_baskets as is_frequent
    from counted
    inner join single_items on counted.second_id = single_items.itemset_id
    inner join segments on single_items.segment_id = segments.segment_id
)

select * from final
