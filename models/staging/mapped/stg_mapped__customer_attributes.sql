with

stated as (
    select * from {{ ref('base_mapped__customer_attributes') }}
),

customers as (
    select * from {{ ref('stg_mapped__customers') }}
),

attributes as (
    select distinct
        attribute,
        attribute_type
    from stated
),

-- Of several rows of a customer the first in the order of values counts.
values_of_customers as (
    select
        customer_id,
        attribute,
        min(attribute_value) as attribute_value,
        min_by(number_value, attribute_value) as number_value
    from stated
    group by customer_id, attribute
),

-- A text is Unknown where the file leaves it out; a number or a day that is not known has no row.
final as (
    select
        customers.dataset,
        customers.customer_id,
        attributes.attribute,
        attributes.attribute_type,
        coalesce(values_of_customers.attribute_value, 'Unknown') as attribute_value,
        values_of_customers.number_value
    from customers
    cross join attributes
    left join values_of_customers
        on
            customers.customer_id = values_of_customers.customer_id
            and attributes.attribute = values_of_customers.attribute
    where
        attributes.attribute_type = 'text'
        or (attributes.attribute_type = 'number' and values_of_customers.number_value is not null)
        or (attributes.attribute_type = 'day' and try_cast(values_of_customers.attribute_value as date) is not null)
)

select * from final
