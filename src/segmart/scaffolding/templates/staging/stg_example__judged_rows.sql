with

customers as (
    select * from {{ ref('base_example__customers') }}
),

final as (
    select
        'example_customers' as source_file,
        'customer' as row_type,
        cast(null as date) as row_date,
        cast(null as decimal(38, 6)) as file_amount,
        rejection_reason,
        raw_fields
    from customers
)

select * from final
