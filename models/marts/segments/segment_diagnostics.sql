with

diagnostics as (
    {{ union_analyses('diagnostics', fitted=true) }}
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
        is_chosen,
        is_final,
        suggested_by is not null as is_suggested,
        -- An empty column of a Python model has no type of its own.
        cast(suggested_by as {{ dbt.type_string() }}) as suggested_by,
        verdict
    from diagnostics
)

select * from final
