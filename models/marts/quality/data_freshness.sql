with

freshness as (
    {{ union_datasets({
        'chips': 'int_chips__data_freshness',
        'campaign': 'int_campaign__data_freshness',
    }) }}
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
