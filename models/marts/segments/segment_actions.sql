with

actions as (
    select * from {{ ref('int_segmentation__actions') }}
),

final as (
    select
        dataset,
        analysis,
        cluster_id,
        segment_name,
        action_rank,
        action_type,
        action,
        measure,
        z_score,
        index_to_population,
        reason
    from actions
)

select * from final
