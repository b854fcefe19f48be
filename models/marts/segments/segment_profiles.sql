with

profiles as (
    select * from {{ ref('int_segmentation__profiles') }}
),

names as (
    select * from {{ ref('int_segmentation__names') }}
),

strengths as (
    select * from {{ ref('int_segmentation__strengths') }}
),

name_traits as (
    select * from {{ ref('int_segmentation__name_traits') }}
    where is_in_name
),

centroids as (
    select * from {{ ref('segmentation_centroids') }}
),

final as (
    select
        profiles.dataset,
        profiles.analysis,
        profiles.cluster_id,
        names.segment_name,
        profiles.measure,
        profiles.measure_type,
        profiles.is_fit_feature,
        profiles.units,
        profiles.customers,
        profiles.mean,
        profiles.median,
        profiles.population_mean,
        profiles.z_score,
        profiles.index_to_population,
        strengths.strength,
        cast(name_traits.position as integer) as name_position,
        centroids.centre,
        centroids.is_specialist
    from profiles
    inner join names on profiles.analysis = names.analysis and profiles.cluster_id = names.cluster_id
    left join strengths
        on
            profiles.analysis = strengths.analysis
            and profiles.cluster_id = strengths.cluster_id
            and profiles.measure = strengths.measure
    left join name_traits
        on
            profiles.analysis = name_traits.analysis
            and profiles.cluster_id = name_traits.cluster_id
            and profiles.measure = name_traits.measure
    left join centroids
        on
            profiles.analysis = centroids.analysis
            and profiles.cluster_id = centroids.cluster_id
            and profiles.measure = centroids.feature
)

select * from final
