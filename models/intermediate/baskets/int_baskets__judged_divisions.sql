-- Divisions of the frequent itemsets, and how many tests they are among: all candidates', as for Fisher's test.
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

independence as (
    select * from {{ ref('int_baskets__independence') }}
),

families as (
    select
        dataset,
        item_level,
        is_segment,
        itemset_size,
        cast(sum(tests) as bigint) as tests
    from independence
    group by dataset, item_level, is_segment, itemset_size
),

final as (
    select
        itemsets.segment_id,
        divisions.itemset_id,
        least(divisions.part_id, divisions.rest_id) as first_id,
        greatest(divisions.part_id, divisions.rest_id) as second_id,
        families.dataset,
        families.item_level,
        families.is_segment,
        families.itemset_size,
        families.tests
    from divisions
    inner join itemsets on divisions.itemset_id = itemsets.itemset_id
    inner join segments on itemsets.segment_id = segments.segment_id
    inner join families
        on
            segments.dataset = families.dataset
            and segments.item_level = families.item_level
            and (segments.segment_name <> 'All') = families.is_segment
            and itemsets.itemset_size = families.itemset_size
    where itemsets.is_frequent
)

select * from final
