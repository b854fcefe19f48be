with

vectors as (
    select * from {{ ref('int_segmentation__vectors') }}
    where is_fitted
),

scores as (
    select * from {{ ref('int_segmentation__scores') }}
),

final as (
    select
        vectors.dataset,
        vectors.analysis,
        vectors.unit_id,
        scores.cluster_id,
        vectors.feature_values,
        vectors.measure_values,
        vectors.category_values
    from vectors
    inner join scores on vectors.analysis = scores.analysis and vectors.unit_id = scores.unit_id
)

select * from final
