with

customers as (
    select * from {{ ref('int_grocery__implausible_customers') }}
),

baskets as (
    select * from {{ ref('int_grocery__implausible_baskets') }}
),

final as (
    select
        customer_id,
        reason
    from customers
    union all
    select
        customer_id,
        reason
    from baskets
)

select * from final
