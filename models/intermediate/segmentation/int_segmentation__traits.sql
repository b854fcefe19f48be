-- A trait that was part of the name in the last build stays in front of others that are hardly stronger, and a little
-- below the limit: names must not come and go with a few customers.
with

analyses as (
    select * from {{ ref('segmentation_settings') }}
),

strengths as (
    select
        *,
        case when last_name_position is null then 1.0 else 0.8 end / 3 as limit_strength,
        coalesce(0.1 * (4 - least(last_name_position, 3)), 0) as lead
    from {{ ref('int_segmentation__strengths') }}
),

segment_traits as (
    select * from {{ ref('segment_traits') }}
),

final as (
    select
        strengths.dataset,
        strengths.analysis,
        strengths.cluster_id,
        strengths.measure,
        case when strengths.strength > 0 then segment_traits.high else segment_traits.low end as trait,
        row_number() over (
            partition by strengths.analysis, strengths.cluster_id
            order by abs(strengths.strength) + strengths.lead desc nulls last, strengths.measure nulls last
        ) as position
    from strengths
    inner join analyses on strengths.analysis = analyses.analysis
    inner join segment_traits
        on analyses.settings_name = segment_traits.analysis and strengths.measure = segment_traits.measure
    where abs(strengths.strength) >= strengths.limit_strength
)

select * from final
