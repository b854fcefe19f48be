-- What a customer is (weight 1 of 1), how large the purchases are (of all purchases), what they hold (of all units).
with

customers as (
    select * from {{ ref('loyalty_customers') }}
),

preferences as (
    select * from {{ ref('int_chips__customer_preferences') }}
),

-- The size of each purchase, not the customer's average: averages of few purchases lie on whole numbers, those of many
-- in between.
baskets as (
    select
        customer_id,
        transaction_id,
        transaction_date,
        sum(units) as units
    from {{ ref('int_chips__sales') }}
    group by customer_id, transaction_id, transaction_date
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
        baskets.customer_id,
        'basket size' as attribute,
        case
            when baskets.units >= 3 then '3 units or more'
            when baskets.units = 2 then '2 units'
            else '1 unit'
        end as attribute_value,
        count(*) as weight,
        max(customers.transactions) as total_weight
    from baskets
    inner join customers on baskets.customer_id = customers.customer_id
    group by baskets.customer_id, attribute_value
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
