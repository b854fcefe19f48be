with

entries as (
    {{ union_staging(
        'data_dictionary',
        ['campaign'],
        {
            'position': 'integer',
            'column_name': dbt.type_string(),
            'description': dbt.type_string(),
            'is_in_file': 'boolean',
            'has_entry': 'boolean',
        }
    ) }}
),

final as (
    select
        dataset,
        position,
        column_name,
        description,
        is_in_file,
        has_entry
    from entries
)

select * from final
