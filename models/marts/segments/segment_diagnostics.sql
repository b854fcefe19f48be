with

diagnostics as (
    select * from {{ ref('segmentation_diagnostics') }}
),

final as (
    select
        dataset,
        analysis,
        stage,
        cast(n_clusters as integer) as n_clusters,
        cast(fitted_rows as bigint) as fitted_rows,
        inertia,
        silhouette,
        calinski_harabasz,
        davies_bouldin,
        stability,
        reference_silhouette,
        is_above_reference,
        structure,
        kept_share,
        is_chosen,
        is_final,
        suggested_by is not null as is_suggested,
        suggested_by,
        verdict
    from diagnostics
)

select * from final
