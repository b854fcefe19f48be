-- A name takes two traits, and more where clusters would share a name. If all traits do not tell two clusters apart,
-- their numbers do.
with

clusters as (
    select distinct
        dataset,
        analysis,
        cluster_id
    from {{ ref('int_segmentation__profiles') }}
),

traits as (
    select * from {{ ref('int_segmentation__traits') }}
),

features as (
    select
        analysis,
        row_number() over (partition by analysis order by position nulls last) as feature_number
    from {{ ref('int_segmentation__measures') }}
    where role = 'feature'
),

joined_traits as (
    select
        clusters.dataset,
        clusters.analysis,
        clusters.cluster_id,
        false as is_numbered,
        features.feature_number as trait_count,
        coalesce({{ join_in_order('traits.trait', 'traits.position', ', ') }}, 'average') as name
    from clusters
    inner join features on clusters.analysis = features.analysis
    left join traits
        on
            clusters.analysis = traits.analysis
            and clusters.cluster_id = traits.cluster_id
            and features.feature_number >= traits.position
    where features.feature_number >= 2
    group by clusters.dataset, clusters.analysis, clusters.cluster_id, features.feature_number
),

numbered as (
    select
        clusters.dataset,
        clusters.analysis,
        clusters.cluster_id,
        true as is_numbered,
        1 as trait_count,
        coalesce(traits.trait, 'average') || ' (' || clusters.cluster_id || ')' as name
    from clusters
    left join traits
        on clusters.analysis = traits.analysis and clusters.cluster_id = traits.cluster_id and traits.position = 1
),

candidates as (
    select * from joined_traits
    union all
    select * from numbered
),

counted as (
    select
        *,
        count(*) over (partition by analysis, is_numbered, trait_count, name) as clusters_of_name
    from candidates
),

final as (
    select
        dataset,
        analysis,
        cluster_id,
        upper(left(name, 1)) || substr(name, 2) as trait_name,
        trait_count
    from counted
    where clusters_of_name = 1
    qualify row_number() over (
        partition by analysis, cluster_id order by is_numbered nulls last, trait_count nulls last
    ) = 1
)

select * from final
