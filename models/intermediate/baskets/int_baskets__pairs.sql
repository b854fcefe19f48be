with

pairs as (
    select * from {{ ref('int_baskets__itemsets_2') }}
),

singles as (
    select * from {{ ref('int_baskets__itemsets_1') }}
),

segments as (
    select * from {{ ref('int_baskets__segments') }}
),

product_items as (
    select * from {{ ref('int_baskets__product_items') }}
),

p_values as (
    select * from {{ ref('association_p_values') }}
    where itemset_size = 2
),

margin_p_values as (
    select * from {{ ref('margin_p_values') }}
),

items as (
    select distinct
        item_id,
        item_name,
        category
    from product_items
),

final as (
    select
        segments.dataset,
        segments.item_level,
        segments.basket,
        segments.segment_name,
        first_items.item_name as first_item,
        second_items.item_name as second_item,
        first_items.category as first_category,
        second_items.category as second_category,
        segments.baskets,
        firsts.itemset_baskets as first_baskets,
        seconds.itemset_baskets as second_baskets,
        pairs.itemset_baskets as pair_baskets,
        cast(firsts.itemset_baskets as double) * seconds.itemset_baskets / segments.baskets as expected_baskets,
        cast(pairs.itemset_baskets as double) / segments.baskets as support,
        cast(pairs.itemset_baskets as double) / firsts.itemset_baskets as second_share_with_first,
        cast(pairs.itemset_baskets as double) / seconds.itemset_baskets as first_share_with_second,
        cast(pairs.itemset_baskets as double) * segments.baskets
        / (cast(firsts.itemset_baskets as double) * seconds.itemset_baskets) as lift,
        p_values.p_value,
        p_values.q_value,
        pairs.is_frequent,
        p_values.q_value < {{ var('significance_level') }} as is_significant,
        pairs.itemset_baskets < {{ var('small_count') }} as is_small_count,
        margin_p_values.compared_stores,
        margin_p_values.expected_baskets as adjusted_expected_baskets,
        margin_p_values.lift as adjusted_lift,
        margin_p_values.lift_low as adjusted_lift_low,
        margin_p_values.lift_high as adjusted_lift_high,
        margin_p_values.p_value as adjusted_p_value,
        margin_p_values.q_value as adjusted_q_value,
        coalesce(margin_p_values.q_value < {{ var('significance_level') }}, false) as is_adjusted_significant
    from pairs
    inner join singles as firsts on pairs.prefix_id = firsts.itemset_id
    inner join singles as seconds on pairs.segment_id = seconds.segment_id and pairs.item_id = seconds.item_id
    inner join segments on pairs.segment_id = segments.segment_id
    inner join items as first_items on firsts.item_id = first_items.item_id
    inner join items as second_items on pairs.item_id = second_items.item_id
    inner join p_values
        on
            segments.dataset = p_values.dataset
            and segments.item_level = p_values.item_level
            and (segments.segment_name <> 'All') = p_values.is_segment
            and segments.baskets = p_values.baskets
            and least(firsts.itemset_baskets, seconds.itemset_baskets) = p_values.first_baskets
            and greatest(firsts.itemset_baskets, seconds.itemset_baskets) = p_values.second_baskets
            and pairs.itemset_baskets = p_values.both_baskets
    -- Of the frequent pairs.
    left join margin_p_values
        on firsts.itemset_id = margin_p_values.first_id and seconds.itemset_id = margin_p_values.second_id
)

select * from final
