with

customers as (
    select * from {{ ref('stg_chips__customers') }}
),

buyers as (
    select distinct customer_id from {{ ref('stg_chips__transactions') }}
),

final as (
    select
        coalesce(customers.customer_id, buyers.customer_id) as customer_id,
        coalesce(customers.lifestage, 'Unknown') as lifestage,
        coalesce(customers.premium_tier, 'Unknown') as premium_tier,
        customers.customer_id is not null as is_listed
    from customers
    full outer join buyers on customers.customer_id = buyers.customer_id
)

select * from final
