with

excluded_rows as (
    select * from {{ ref('int_quality__excluded_rows') }}
),

final as (
    select
        dataset,
        source_file,
        exclusion_reason,
        excluded_rows,
        excluded_amount
    from excluded_rows
)

select * from final
