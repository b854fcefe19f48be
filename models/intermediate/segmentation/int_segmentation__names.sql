with

trait_names as (
    select * from {{ ref('int_segmentation__trait_names') }}
),

personas as (
    select * from {{ ref('segmentation_personas') }}
),

final as (
    select
        trait_names.dataset,
        trait_names.analysis,
        trait_names.cluster_id,
        coalesce(personas.segment_name, trait_names.trait_name) as segment_name,
        personas.segment_name is null as is_named_after_traits
    from trait_names
    left join personas
        on trait_names.analysis = personas.analysis and trait_names.cluster_id = personas.cluster_id
)

select * from final
