with

affinities as (
    select * from {{ ref('int_loyalty__affinities') }}
),

final as (
    select
        dataset,
        attribute,
        attribute_value,
        buyers as loyal_customers,
        share as loyal_share,
        other_share,
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
    where segment_type = 'loyalty'
)

select * from final
