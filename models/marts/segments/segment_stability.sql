with

stability as (
    select * from {{ ref('segmentation_stability') }}
),

names as (
    select * from {{ ref('int_segmentation__names') }}
),

final as (
    select
        stability.dataset,
        stability.analysis,
        cast(stability.cluster_id as integer) as cluster_id,
        names.segment_name,
        cast(stability.judged_rows as bigint) as judged_rows,
        stability.jaccard,
        case
            when stability.jaccard is null then 'unknown'
            when stability.jaccard > 0.75 then 'found again'
            when stability.jaccard >= 0.6 then 'a pattern without clear borders'
            else 'not found again'
        end as judgement,
        stability.kept_share
    from stability
    inner join names on stability.analysis = names.analysis and stability.cluster_id = names.cluster_id
)

select * from final
