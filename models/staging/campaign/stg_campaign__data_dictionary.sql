with

entries as (
    select * from {{ ref('base_campaign__data_dictionary') }}
),

final as (
    select
        -- keys
        column_name,

        -- attributes
        description
    from entries
    where rejection_reason is null
)

select * from final
