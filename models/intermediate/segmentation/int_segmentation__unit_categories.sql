with

categories as (
    select * from {{ ref('int_segmentation__measures') }}
    where source = 'category'
),

unit_customers as (
    select * from {{ ref('int_segmentation__unit_customers') }}
),

customer_attributes as (
    select * from {{ ref('customer_attributes') }}
    where attribute_type = 'text'
),

final as (
    select
        categories.dataset,
        categories.analysis,
        unit_customers.unit_id,
        categories.measure as category,
        categories.position,
        coalesce(customer_attributes.attribute_value, 'Unknown') as category_value
    from categories
    inner join unit_customers on categories.analysis = unit_customers.analysis
    left join customer_attributes
        on
            unit_customers.customer_key = customer_attributes.customer_key
            and categories.measure = customer_attributes.attribute
)

select * from final
