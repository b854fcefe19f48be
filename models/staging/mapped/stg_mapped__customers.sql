with

customers as (
    select * from {{ ref('base_mapped__customers') }}
),

final as (
    select
        dataset,
        customer_id
    from customers
    where rejection_reason is null
)

select * from final
