-- A sentence about a segment names what its name is made of: the traits of the persona, the measures of a name by rank,
-- the traits in the name, or without any of these the two features in which the cluster stands out most.
with

analyses as (
    select * from {{ ref('segmentation_settings') }}
),

names as (
    select
        names.*,
        analyses.settings_name
    from {{ ref('int_segmentation__names') }} as names
    inner join analyses on names.analysis = analyses.analysis
),

given_traits as (
    select
        analysis,
        persona as segment_name,
        measure,
        abs(weight) as importance
    from {{ ref('personas') }}
    union all
    select
        analysis,
        segment_name,
        measure,
        abs(weight) as importance
    from {{ ref('segment_names') }}
    where measure is not null
),

traits as (
    select * from {{ ref('int_segmentation__traits') }}
),

trait_names as (
    select * from {{ ref('int_segmentation__trait_names') }}
),

profiles as (
    select * from {{ ref('int_segmentation__profiles') }}
    where is_fit_feature
),

named as (
    select
        names.dataset,
        names.analysis,
        names.cluster_id,
        given_traits.measure,
        row_number() over (
            partition by names.analysis, names.cluster_id
            order by given_traits.importance desc nulls last, given_traits.measure nulls last
        ) as position,
        true as is_in_name
    from names
    inner join given_traits
        on names.settings_name = given_traits.analysis and names.segment_name = given_traits.segment_name
    where not names.is_named_after_traits
    union all
    select
        names.dataset,
        names.analysis,
        names.cluster_id,
        traits.measure,
        traits.position,
        true as is_in_name
    from names
    inner join trait_names on names.analysis = trait_names.analysis and names.cluster_id = trait_names.cluster_id
    inner join traits
        on
            names.analysis = traits.analysis
            and names.cluster_id = traits.cluster_id
            and trait_names.trait_count >= traits.position
    where names.is_named_after_traits
),

strongest as (
    select
        profiles.dataset,
        profiles.analysis,
        profiles.cluster_id,
        profiles.measure,
        row_number() over (
            partition by profiles.analysis, profiles.cluster_id
            order by abs(profiles.z_score) desc nulls last, profiles.measure nulls last
        ) as position,
        false as is_in_name
    from profiles
    left join named on profiles.analysis = named.analysis and profiles.cluster_id = named.cluster_id
    where named.measure is null
),

final as (
    select * from named
    union all
    select * from strongest
    where position <= 2
)

select * from final
