with

diagnostics as (
    select * from {{ ref('segmentation_diagnostics') }}
    where is_final
),

final as (
    select
        dataset,
        analysis,
        n_clusters,
        silhouette,
        reference_silhouette,
        stability,
        verdict,
        coalesce(structure > 0 and is_above_reference and verdict not like '%unstable%', false) as has_structure
    from diagnostics
)

select * from final
