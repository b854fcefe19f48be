with

tree_merges as (
    select * from {{ ref('segmentation_merges') }}
),

names as (
    select * from {{ ref('int_segmentation__names') }}
),

final as (
    select
        tree_merges.dataset,
        tree_merges.analysis,
        cast(tree_merges.merge_rank as integer) as merge_rank,
        tree_merges.merge_height,
        tree_merges.is_above_cut,
        tree_merges.left_position,
        tree_merges.right_position,
        tree_merges.left_height,
        tree_merges.right_height,
        tree_merges.left_rows,
        tree_merges.right_rows,
        left_names.segment_name as left_segment_name,
        right_names.segment_name as right_segment_name
    from tree_merges
    left join names as left_names
        on
            tree_merges.analysis = left_names.analysis
            and tree_merges.left_specialist_cluster_id = left_names.cluster_id
    left join names as right_names
        on
            tree_merges.analysis = right_names.analysis
            and tree_merges.right_specialist_cluster_id = right_names.cluster_id
)

select * from final
