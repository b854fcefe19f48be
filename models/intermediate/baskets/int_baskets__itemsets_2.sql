with

contents as (
    select * from {{ ref('int_baskets__contents') }}
),

segments as (
    select * from {{ ref('int_baskets__segments') }}
),

frequent_items as (
    select * from {{ ref('int_baskets__itemsets_1') }}
    where is_frequent
),

first_items as (
    {{ unnest_with_rest('contents', ['segment_id', 'baskets'], 'items', 'first_item_id') }}
),

pairs as (
    {{ unnest_array('first_items', ['segment_id', 'baskets', 'first_item_id'], 'items', 'second_item_id') }}
),

counted as (
    select
        segment_id,
        first_item_id,
        second_item_id,
        cast(sum(baskets) as bigint) as itemset_baskets
    from pairs
    group by segment_id, first_item_id, second_item_id
),

final as (
    select
        {{ itemset_number(2, ['firsts.itemset_id', 'seconds.itemset_id']) }} as itemset_id,
        counted.segment_id,
        firsts.itemset_id as prefix_id,
        seconds.item_id,
        {{ array_of(['firsts.itemset_id', 'seconds.itemset_id']) }} as subset_ids,
        counted.itemset_baskets,
        counted.itemset_baskets >= segments.required_baskets as is_frequent
    from counted
    inner join frequent_items as firsts
        on counted.segment_id = firsts.segment_id and counted.first_item_id = firsts.item_id
    inner join frequent_items as seconds
        on counted.segment_id = seconds.segment_id and counted.second_item_id = seconds.item_id
    inner join segments on counted.segment_id = segments.segment_id
)

select * from final
