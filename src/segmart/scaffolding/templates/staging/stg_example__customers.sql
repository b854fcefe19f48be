with

customers as (
    select * from {{ ref('base_example__customers') }}
),

final as (
    select
        -- keys
        customer_id,

        -- attributes
        region,

        -- measures
        age
    from customers
    where rejection_reason is null
)

select * from final
