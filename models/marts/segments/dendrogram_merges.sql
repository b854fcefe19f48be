with

merges as (
    select
        'grocery' as dataset,
        'grocery_customers' as analysis,
        *
    from {{ ref('grocery_customers_merges') }}
),

names as (
    {{ union_analyses('names') }}
),

final as (
    select
        merges.dataset,
        merges.analysis,
        cast(merges.merge_rank as integer) as merge_rank,
        merges.merge_height,
        merges.is_above_cut,
        merges.left_position,
        merges.right_position,
        merges.left_height,
        merges.right_height,
        merges.left_rows,
        merges.right_rows,
        left_names.segment_name as left_segment_name,
        right_names.segment_name as right_segment_name
    from merges
    left join names as left_names
        on merges.analysis = left_names.analysis and merges.left_specialist_cluster_id = left_names.cluster_id
    left join names as right_names
        on merges.analysis = right_names.analysis and merges.right_specialist_cluster_id = right_names.cluster_id
)

select * from final
