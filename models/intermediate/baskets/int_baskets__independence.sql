with

itemsets as (
    select * from {{ ref('int_baskets__itemsets') }}
),

divisions as (
    select * from {{ ref('int_baskets__divisions') }}
),

segments as (
    select * from {{ ref('int_baskets__segments') }}
),

tests as (
    select
        itemsets.segment_id,
        itemsets.itemset_size,
        least(parts.itemset_baskets, rests.itemset_baskets) as first_baskets,
        greatest(parts.itemset_baskets, rests.itemset_baskets) as second_baskets,
        itemsets.itemset_baskets as both_baskets,
        1 as tests
    from divisions
    inner join itemsets on divisions.itemset_id = itemsets.itemset_id
    inner join itemsets as parts on divisions.part_id = parts.itemset_id
    inner join itemsets as rests on divisions.rest_id = rests.itemset_id
),

examined_pairs as (
    select
        segment_id,
        count(*) filter (where itemset_size = 1 and is_frequent) as items,
        count(*) filter (where itemset_size = 2) as pairs
    from itemsets
    group by segment_id
),

-- Pairs of frequent items that no basket holds were examined, too; they are one row.
absent_pairs as (
    select
        examined_pairs.segment_id,
        2 as itemset_size,
        0 as first_baskets,
        0 as second_baskets,
        0 as both_baskets,
        cast(examined_pairs.items * (examined_pairs.items - 1) / 2 as bigint) - examined_pairs.pairs as tests
    from examined_pairs
    inner join segments on examined_pairs.segment_id = segments.segment_id
    where segments.max_itemset_size > 1
),

all_tests as (
    select * from tests
    union all
    select * from absent_pairs
),

final as (
    select
        segments.dataset,
        segments.item_level,
        segments.segment_name <> 'All' as is_segment,
        all_tests.itemset_size,
        segments.baskets,
        all_tests.first_baskets,
        all_tests.second_baskets,
        all_tests.both_baskets,
        cast(sum(all_tests.tests) as bigint) as tests
    from all_tests
    inner join segments on all_tests.segment_id = segments.segment_id
    group by
        segments.dataset, segments.item_level, segments.segment_name <> 'All', all_tests.itemset_size,
        segments.baskets, all_tests.first_baskets, all_tests.second_baskets, all_tests.both_baskets
    having sum(all_tests.tests) > 0
)

select * from final
