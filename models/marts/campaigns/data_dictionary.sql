with

entries as (
    select * from {{ ref('int_campaign__data_dictionary') }}
),

final as (
    select
        'campaign' as dataset,
        cast(position as integer) as position,
        column_name,
        description,
        is_in_file,
        has_entry
    from entries
)

select * from final
