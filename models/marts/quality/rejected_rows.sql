with

rejections as (
    {{ union_datasets({
        'chips': 'int_chips__rejected_rows',
        'shop': 'int_shop__rejected_rows',
        'campaign': 'int_campaign__rejected_rows',
        'grocery': 'int_grocery__rejected_rows',
    }) }}
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
