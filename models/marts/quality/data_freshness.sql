with

freshness as (
    select * from {{ ref('int_quality__data_freshness') }}
),

final as (
    select
        dataset,
        source_file,
        oldest_date,
        newest_date,
        dated_rows
    from freshness
)

select * from final
