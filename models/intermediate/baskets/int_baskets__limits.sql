with

segments as (
    select * from {{ ref('int_baskets__segments') }}
),

itemsets as (
    select * from {{ ref('int_baskets__itemsets_1') }}
),

pairs as (
    select * from {{ ref('int_baskets__pairs') }}
    where segment_name = 'All'
),

rules as (
    select * from {{ ref('int_baskets__rules') }}
    where segment_name = 'All'
),

found as (
    select
        segments.dataset,
        segments.item_level,
        'items' as what,
        'max_frequent_items' as setting,
        count(*) as found,
        {{ var('max_frequent_items') }} as limit_of_setting
    from itemsets
    inner join segments on itemsets.segment_id = segments.segment_id
    where
        segments.segment_id = segments.all_segment_id
        and segments.max_itemset_size > 1
        and itemsets.itemset_baskets >= segments.required_baskets
    group by segments.dataset, segments.item_level
    union all
    select
        dataset,
        item_level,
        'pairs' as what,
        'max_rules' as setting,
        count(*) as found,
        {{ var('max_rules') }} as limit_of_setting
    from pairs
    group by dataset, item_level
    union all
    select
        dataset,
        item_level,
        'rules' as what,
        'max_rules' as setting,
        count(*) as found,
        {{ var('max_rules') }} as limit_of_setting
    from rules
    group by dataset, item_level
),

final as (
    select
        dataset,
        item_level,
        what,
        setting,
        found,
        limit_of_setting
    from found
    where found > limit_of_setting
)

select * from final
