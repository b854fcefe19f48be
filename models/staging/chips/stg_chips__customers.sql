with

customers as (
    select * from {{ ref('base_chips__customers') }}
),

final as (
    select
        -- keys
        customer_id,

        -- attributes
        lifestage,
        premium_tier
    from customers
    where rejection_reason is null
)

select * from final
