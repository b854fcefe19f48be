-- Who spends more on everything spends more on fish, and who spends little may spend a large part of it on fish:
-- neither is fond of fish. So an amount counts only as far as its share does, and the other way round.
with

profiles as (
    select * from {{ ref('int_segmentation__profiles') }}
),

shares as (
    select
        analysis,
        measure as share,
        share_of as amount
    from {{ ref('int_segmentation__measures') }}
    where share_of is not null
),

last_segments as (
    select * from {{ ref('int_segmentation__last_segments') }}
),

counterparts as (
    select
        analysis,
        share as measure,
        amount as counterpart
    from shares
    union all
    select
        analysis,
        amount as measure,
        share as counterpart
    from shares
),

final as (
    select
        profiles.dataset,
        profiles.analysis,
        profiles.cluster_id,
        profiles.measure,
        case
            when others.z_score is null then profiles.z_score
            when sign(profiles.z_score) <> sign(others.z_score) then 0
            when abs(others.z_score) < abs(profiles.z_score) then others.z_score
            else profiles.z_score
        end as strength,
        last_segments.segment_name as last_persona,
        last_segments.name_position as last_name_position
    from profiles
    left join counterparts
        on profiles.analysis = counterparts.analysis and profiles.measure = counterparts.measure
    left join profiles as others
        on
            profiles.analysis = others.analysis
            and profiles.cluster_id = others.cluster_id
            and counterparts.counterpart = others.measure
    left join last_segments
        on
            profiles.analysis = last_segments.analysis
            and profiles.cluster_id = last_segments.cluster_id
            and profiles.measure = last_segments.measure
)

select * from final
