-- Which brand should each life stage and tier see first? Its clearest preference that is proven, within stores where
-- there are several, with its numbers.
with

affinities as (
    select * from {{ ref('segment_affinity') }}
),

final as (
    select
        segment,
        attribute_value as brand,
        segment_unit_share,
        other_unit_share,
        coalesce(adjusted_index, affinity_index) as judged_index,
        coalesce(adjusted_index_low, affinity_index_low) as judged_index_low,
        coalesce(adjusted_index_high, affinity_index_high) as judged_index_high,
        coalesce(adjusted_q_value, q_value) as judged_q_value
    from affinities
    where
        segment_type = 'life stage and tier'
        and attribute = 'brand'
        and is_proven
        and coalesce(adjusted_index, affinity_index) > 1
    qualify row_number() over (
        partition by segment
        order by
            coalesce(adjusted_q_value, q_value) nulls last, coalesce(adjusted_index, affinity_index) desc nulls last,
            attribute_value nulls last
    ) = 1
)

select * from final
order by segment nulls last
