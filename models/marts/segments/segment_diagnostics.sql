with

lifestage_diagnostics as (
    select * from {{ ref('lifestage_segments_diagnostics') }}
),

final as (
    select
        'chips' as dataset,
        'lifestage_segments' as analysis,
        cast(n_clusters as integer) as n_clusters,
        inertia,
        silhouette,
        calinski_harabasz,
        davies_bouldin,
        stability,
        is_chosen,
        suggested_by is not null as is_suggested,
        suggested_by,
        verdict
    from lifestage_diagnostics
)

select * from final
