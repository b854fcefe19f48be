with

changes as (
    select * from {{ ref('int_segmentation__changes') }}
),

final as (
    select
        dataset,
        analysis,
        last_segment_name,
        segment_name,
        change,
        customers,
        customers / cast(sum(customers) over (partition by analysis) as double) as share
    from changes
)

select * from final
