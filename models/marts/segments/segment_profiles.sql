with

lifestage_profiles as (
    select * from {{ ref('int_chips__lifestage_profiles') }}
),

lifestage_names as (
    select * from {{ ref('int_chips__lifestage_names') }}
),

final as (
    select
        'chips' as dataset,
        'lifestage_segments' as analysis,
        profiles.cluster_id,
        names.segment_name,
        profiles.measure,
        profiles.is_fit_feature,
        profiles.units,
        profiles.customers,
        profiles.mean,
        profiles.median,
        profiles.population_mean,
        profiles.z_score,
        profiles.index_to_population
    from lifestage_profiles as profiles
    inner join lifestage_names as names on profiles.cluster_id = names.cluster_id
)

select * from final
