with

judged_rows as (
    {{ union_staging(
        'judged_rows',
        ['chips', 'shop', 'campaign', 'grocery', 'mapped'],
        {
            'source_file': dbt.type_string(),
            'rejection_reason': dbt.type_string(),
            'raw_fields': text_map_type(),
        }
    ) }}
),

-- A reason begins with the name of its column, or of what is made from several columns.
refused as (
    select
        judged_rows.dataset,
        judged_rows.source_file,
        judged_rows.rejection_reason,
        judged_rows.raw_fields,
        {{ longest_key_before_blank('judged_rows.raw_fields', 'judged_rows.rejection_reason') }} as rejected_column
    from judged_rows
    where judged_rows.rejection_reason is not null
),

final as (
    select
        refused.dataset,
        refused.source_file,
        refused.rejection_reason,
        refused.rejected_column,
        left(refused.raw_fields[refused.rejected_column], 200) as rejected_value,
        {{ map_as_text('refused.raw_fields', length=200) }} as raw_row
    from refused
)

select * from final
