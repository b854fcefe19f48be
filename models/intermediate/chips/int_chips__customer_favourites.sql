-- Of the values bought most, the one with the highest sales, and of equal ones the first by name. Maxima take a third
-- of the time of sorting each customer's values.
with

preferences as (
    select * from {{ ref('int_chips__customer_preferences') }}
),

most_units as (
    select
        customer_id,
        attribute,
        max(units) as units
    from preferences
    group by customer_id, attribute
),

most_bought as (
    select preferences.*
    from preferences
    inner join most_units
        on
            preferences.customer_id = most_units.customer_id
            and preferences.attribute = most_units.attribute
            and preferences.units = most_units.units
),

highest_sales as (
    select
        customer_id,
        attribute,
        max(sales_amount) as sales_amount
    from most_bought
    group by customer_id, attribute
),

favourites as (
    select
        most_bought.customer_id,
        most_bought.attribute,
        min(most_bought.attribute_value) as attribute_value
    from most_bought
    inner join highest_sales
        on
            most_bought.customer_id = highest_sales.customer_id
            and most_bought.attribute = highest_sales.attribute
            and most_bought.sales_amount = highest_sales.sales_amount
    group by most_bought.customer_id, most_bought.attribute
),

final as (
    select
        customer_id,
        max(attribute_value) filter (where attribute = 'brand') as favourite_brand,
        max(attribute_value) filter (where attribute = 'flavour') as favourite_flavour,
        max(attribute_value) filter (where attribute = 'pack size') as favourite_pack_size
    from favourites
    group by customer_id
)

select * from final
