with

affinities as (
    select * from {{ ref('int_loyalty__segment_affinities') }}
),

p_values as (
    select * from {{ ref('affinity_p_values') }}
),

final as (
    select
        affinities.*,
        p_values.p_value,
        p_values.q_value,
        coalesce(p_values.q_value < {{ var('significance_level') }}, false) as is_significant,
        affinities.buyers < {{ var('small_count') }} as is_small_count,
        affinities.attribute_value not in ('Not stated', 'Unknown') as is_stated
    from affinities
    inner join p_values
        on
            affinities.dataset = p_values.dataset
            and affinities.segment_type = p_values.segment_type
            and affinities.segment = p_values.segment
            and affinities.attribute = p_values.attribute
            and affinities.attribute_value = p_values.attribute_value
)

select * from final
