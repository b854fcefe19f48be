with

attributes as (
    {{ union_staging(
        'customer_attributes',
        ['chips', 'shop', 'campaign', 'grocery', 'mapped'],
        {
            'customer_id': dbt.type_string(),
            'attribute': dbt.type_string(),
            'attribute_type': dbt.type_string(),
            'attribute_value': dbt.type_string(),
            'number_value': 'double',
        }
    ) }}
),

customers as (
    select * from {{ ref('customers') }}
),

final as (
    select
        attributes.dataset,
        customers.customer_key,
        attributes.attribute,
        attributes.attribute_type,
        attributes.attribute_value,
        attributes.number_value
    from attributes
    inner join customers on attributes.dataset = customers.dataset and attributes.customer_id = customers.customer_id
)

select * from final
