-- Which units are shown is decided by the hash of their key.
with

units as (
    select *
    from {{ ref('int_segmentation__scores') }}
    qualify row_number() over (
        partition by analysis order by md5(unit_id) nulls last, unit_id nulls last
    ) <= {{ var('segment_map_rows') }}
),

features as (
    select * from {{ ref('int_segmentation__features') }}
    where role = 'feature'
),

components as (
    select * from {{ ref('segmentation_components') }}
),

names as (
    select * from {{ ref('int_segmentation__names') }}
),

coordinates as (
    select
        units.dataset,
        units.analysis,
        units.unit_id,
        units.cluster_id,
        components.component,
        sum(components.loading * (features.measure_value - components.centre) / components.scale) as coordinate
    from units
    inner join features on units.analysis = features.analysis and units.unit_id = features.unit_id
    inner join components
        on features.analysis = components.analysis and features.measure = components.feature
    group by units.dataset, units.analysis, units.unit_id, units.cluster_id, components.component
),

-- An analysis of one feature has one direction, and all units lie at 0 of the other.
places as (
    select
        dataset,
        analysis,
        unit_id,
        cluster_id,
        round(max(coordinate) filter (where component = 1), 9) as component_1,
        round(coalesce(max(coordinate) filter (where component = 2), 0), 9) as component_2
    from coordinates
    group by dataset, analysis, unit_id, cluster_id
),

final as (
    select
        places.dataset,
        places.analysis,
        places.unit_id,
        places.cluster_id,
        names.segment_name,
        places.component_1,
        places.component_2
    from places
    inner join names on places.analysis = names.analysis and places.cluster_id = names.cluster_id
)

select * from final
