with

attributes as (
    {{ union_staging(
        'product_attributes',
        ['grocery', 'mapped'],
        {
            'product_id': dbt.type_string(),
            'attribute': dbt.type_string(),
            'attribute_value': dbt.type_string(),
        }
    ) }}
),

products as (
    select * from {{ ref('products') }}
),

final as (
    select
        attributes.dataset,
        products.product_key,
        attributes.attribute,
        attributes.attribute_value
    from attributes
    inner join products on attributes.dataset = products.dataset and attributes.product_id = products.product_id
)

select * from final
