with

components as (
    select * from {{ ref('segmentation_components') }}
),

final as (
    select
        dataset,
        analysis,
        cast(component as integer) as component,
        feature,
        loading,
        explained_share
    from components
)

select * from final
