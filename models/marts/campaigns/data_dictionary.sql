with

entries as (
    select * from {{ ref('int_quality__data_dictionary') }}
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
