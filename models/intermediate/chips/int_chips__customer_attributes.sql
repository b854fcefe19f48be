-- What a customer is (weight 1 of 1) and what a customer buys (units of all the customer's units).
with

customers as (
    select * from {{ ref('loyalty_customers') }}
),

preferences as (
    select * from {{ ref('int_chips__customer_preferences') }}
),

final as (
    select
        customer_id,
        'life stage' as attribute,
        lifestage as attribute_value,
        1 as weight,
        1 as total_weight
    from customers
    union all
    select
        customer_id,
        'premium tier' as attribute,
        premium_tier as attribute_value,
        1 as weight,
        1 as total_weight
    from customers
    union all
    select
        customer_id,
        'basket size' as attribute,
        case
            when avg_units_per_transaction < 1.5 then 'below 1.5 units'
            when avg_units_per_transaction < 2 then '1.5 to 2 units'
            when avg_units_per_transaction = 2 then '2 units'
            else 'above 2 units'
        end as attribute_value,
        1 as weight,
        1 as total_weight
    from customers
    union all
    select
        preferences.customer_id,
        preferences.attribute,
        preferences.attribute_value,
        preferences.units as weight,
        customers.units as total_weight
    from preferences
    inner join customers on preferences.customer_id = customers.customer_id
)

select * from final
