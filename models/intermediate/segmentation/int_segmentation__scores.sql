with

vectors as (
    select * from {{ ref('int_segmentation__vectors') }}
),

centroids as (
    select * from {{ ref('segmentation_centroids') }}
),

centres as (
    select
        analysis,
        cluster_id,
        {{ array_in_order('centre_scaled', 'position') }} as centre,
        {{ array_in_order('scaler_offset', 'position') }} as offsets,
        {{ array_in_order('scaler_scale', 'position') }} as scales
    from centroids
    group by analysis, cluster_id
),

fits as (
    select
        analysis,
        max(offsets) as offsets,
        max(scales) as scales,
        {{ array_in_order('centre', 'cluster_id') }} as centres
    from centres
    group by analysis
),

-- Clusters are numbered from 1 without gaps, so a centre's place in the array is its cluster.
ranked as (
    select
        vectors.dataset,
        vectors.analysis,
        vectors.unit_id,
        {{ centres_by_distance(
            scaled_vector('vectors.feature_values', 'fits.offsets', 'fits.scales'), 'fits.centres'
        ) }} as by_distance
    from vectors
    inner join fits on vectors.analysis = fits.analysis
),

final as (
    select
        dataset,
        analysis,
        unit_id,
        cast({{ array_item('by_distance', 1) }}.number as integer) as cluster_id,
        {{ array_item('by_distance', 1) }}.distance as distance,
        cast({{ array_item('by_distance', 2) }}.number as integer) as runner_up_cluster_id,
        {{ array_item('by_distance', 2) }}.distance as runner_up_distance
    from ranked
)

select * from final
