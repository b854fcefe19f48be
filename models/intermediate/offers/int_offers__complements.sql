with

pairs as (
    select * from {{ ref('int_baskets__pairs') }}
    where
        item_level = 'product'
        and segment_name <> 'All'
        and is_frequent
        and is_adjusted_significant
        and adjusted_lift >= {{ var('notable_index') }}
),

segments as (
    select distinct
        dataset,
        analysis,
        segment_name
    from {{ ref('int_campaigns__customers') }}
),

-- Whoever buys one of the two can be offered the other.
directed_pairs as (
    select
        *,
        first_item as bought_item,
        second_item as offered_item
    from pairs
    union all
    select
        *,
        second_item as bought_item,
        first_item as offered_item
    from pairs
),

final as (
    select
        directed_pairs.dataset,
        segments.analysis,
        directed_pairs.segment_name,
        directed_pairs.first_item,
        directed_pairs.second_item,
        directed_pairs.bought_item,
        directed_pairs.offered_item,
        directed_pairs.baskets,
        directed_pairs.pair_baskets,
        directed_pairs.compared_stores,
        directed_pairs.adjusted_lift,
        directed_pairs.adjusted_q_value
    from directed_pairs
    inner join segments
        on directed_pairs.dataset = segments.dataset and directed_pairs.segment_name = segments.segment_name
)

select * from final
