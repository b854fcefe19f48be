with

analyses as (
    select * from {{ ref('segmentation_settings') }}
),

profiles as (
    select * from {{ ref('int_segmentation__profiles') }}
),

segment_traits as (
    select * from {{ ref('segment_traits') }}
),

final as (
    select
        profiles.dataset,
        profiles.analysis,
        profiles.cluster_id,
        profiles.measure,
        case when profiles.z_score > 0 then segment_traits.high else segment_traits.low end as trait,
        row_number() over (
            partition by profiles.analysis, profiles.cluster_id
            order by abs(profiles.z_score) desc nulls last, profiles.measure nulls last
        ) as position
    from profiles
    inner join analyses on profiles.analysis = analyses.analysis
    inner join segment_traits
        on analyses.settings_name = segment_traits.analysis and profiles.measure = segment_traits.measure
    where abs(profiles.z_score) >= 1.0 / 3
)

select * from final
