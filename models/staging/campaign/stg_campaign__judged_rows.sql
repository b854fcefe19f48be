with

customers as (
    select * from {{ ref('base_campaign__customers') }}
),

entries as (
    select * from {{ ref('base_campaign__data_dictionary') }}
),

final as (
    select
        'marketing_data' as source_file,
        'customer' as row_type,
        enrolment_date as row_date,
        file_amount,
        rejection_reason,
        raw_fields
    from customers
    union all
    select
        'marketing_data_dictionary' as source_file,
        'entry' as row_type,
        cast(null as date) as row_date,
        cast(null as decimal(38, 6)) as file_amount,
        rejection_reason,
        raw_fields
    from entries
)

select * from final
