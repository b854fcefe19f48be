with

rejections as (
    select * from {{ ref('int_quality__rejected_rows') }}
),

final as (
    select
        dataset,
        source_file,
        rejection_reason,
        rejected_column,
        max(rejected_value) as rejected_value,
        raw_row,
        count(*) as row_count
    from rejections
    group by dataset, source_file, rejection_reason, rejected_column, raw_row
)

select * from final
