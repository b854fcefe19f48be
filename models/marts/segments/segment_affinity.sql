with

affinities as (
    select * from {{ ref('int_loyalty__affinities') }}
),

final as (
    select
        dataset,
        segment_type,
        segment,
        attribute,
        attribute_value,
        customers as segment_customers,
        buyers,
        weight as segment_units,
        share as segment_unit_share,
        other_share as other_unit_share,
        affinity_index,
        affinity_index_low,
        affinity_index_high,
        p_value,
        q_value,
        is_significant,
        is_small_count,
        compared_stores,
        adjusted_index,
        adjusted_index_low,
        adjusted_index_high,
        adjusted_p_value,
        adjusted_q_value,
        is_adjusted_significant,
        is_proven
    from affinities
    where segment_type <> 'loyalty'
)

select * from final
