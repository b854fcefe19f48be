with

judged_rows as (
    {{ union_staging(
        'judged_rows',
        ['chips', 'shop', 'campaign', 'grocery'],
        {
            'source_file': dbt.type_string(),
            'rejection_reason': dbt.type_string(),
            'raw_fields': 'map(' ~ dbt.type_string() ~ ', ' ~ dbt.type_string() ~ ')',
        }
    ) }}
),

-- A reason begins with the name of its column.
refused as (
    select
        dataset,
        source_file,
        rejection_reason,
        raw_fields,
        {{ longest_key_before_blank('raw_fields', 'rejection_reason') }} as rejected_column
    from judged_rows
    where rejection_reason is not null
),

final as (
    select
        dataset,
        source_file,
        rejection_reason,
        rejected_column,
        left(raw_fields[rejected_column], 200) as rejected_value,
        {{ map_as_text('raw_fields', length=200) }} as raw_row
    from refused
)

select * from final
