with

profiles as (
    select * from {{ ref('int_segmentation__profiles') }}
),

names as (
    select * from {{ ref('int_segmentation__names') }}
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
        profiles.index_to_population
    from profiles
    inner join names on profiles.analysis = names.analysis and profiles.cluster_id = names.cluster_id
)

select * from final
