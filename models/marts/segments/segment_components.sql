with

components as (
    {{ union_analyses('components', fitted=true) }}
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
