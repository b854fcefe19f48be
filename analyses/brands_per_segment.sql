-- Which brand should each life stage and tier see first? Its clearest significant preference, with its numbers.
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
        affinity_index,
        affinity_index_low,
        affinity_index_high,
        q_value
    from affinities
    where
        segment_type = 'life stage and tier'
        and attribute = 'brand'
        and is_significant
        and affinity_index > 1
    qualify row_number() over (
        partition by segment
        order by q_value nulls last, affinity_index desc nulls last, attribute_value nulls last
    ) = 1
)

select * from final
order by segment nulls last
