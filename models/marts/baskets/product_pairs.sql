with

pairs as (
    select * from {{ ref('int_baskets__pairs') }}
),

final as (
    select
        dataset,
        item_level,
        segment_name,
        first_item,
        second_item,
        first_category,
        second_category,
        baskets,
        first_baskets,
        second_baskets,
        pair_baskets,
        expected_baskets,
        support,
        second_share_with_first,
        first_share_with_second,
        lift,
        p_value,
        q_value,
        is_frequent,
        is_significant,
        is_small_count,
        compared_stores,
        adjusted_expected_baskets,
        adjusted_lift,
        adjusted_lift_low,
        adjusted_lift_high,
        adjusted_p_value,
        adjusted_q_value,
        is_adjusted_significant
    from pairs
    qualify row_number() over (
        partition by dataset, item_level, segment_name
        order by pair_baskets desc nulls last, lift desc nulls last, first_item nulls last, second_item nulls last
    ) <= {{ var('max_rules') }}
)

select * from final
