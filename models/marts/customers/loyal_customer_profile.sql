with

affinities as (
    select * from {{ ref('int_chips__segment_affinities') }}
),

tests as (
    select * from {{ ref('segment_affinity_tests') }}
),

final as (
    select
        affinities.attribute,
        affinities.attribute_value,
        affinities.buyers as loyal_customers,
        affinities.share as loyal_share,
        affinities.other_share,
        affinities.affinity_index,
        affinities.affinity_index_low,
        affinities.affinity_index_high,
        tests.p_value,
        tests.q_value,
        coalesce(tests.q_value < {{ var('significance_level') }}, false) as is_significant,
        affinities.buyers < {{ var('small_count') }} as is_small_count
    from affinities
    inner join tests
        on
            affinities.segment_type = tests.segment_type
            and affinities.segment = tests.segment
            and affinities.attribute = tests.attribute
            and affinities.attribute_value = tests.attribute_value
    where affinities.segment_type = 'loyalty'
)

select * from final
