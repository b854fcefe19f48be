with

judged_rows as (
    {{ union_staging(
        'judged_rows',
        ['chips', 'shop', 'campaign', 'grocery', 'mapped'],
        {
            'source_file': dbt.type_string(),
            'row_date': 'date',
            'rejection_reason': dbt.type_string(),
        }
    ) }}
),

final as (
    select
        dataset,
        source_file,
        min(row_date) as oldest_date,
        max(row_date) as newest_date,
        count(row_date) as dated_rows
    from judged_rows
    where rejection_reason is null and row_date is not null
    group by dataset, source_file
)

select * from final
