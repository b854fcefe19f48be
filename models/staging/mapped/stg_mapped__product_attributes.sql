with

stated as (
    select
        coalesce(product_id, product_name) as product_id,
        attribute,
        attribute_value
    from {{ ref('base_mapped__product_attributes') }}
),

products as (
    select * from {{ ref('stg_mapped__products') }}
),

attributes as (
    select distinct attribute from stated
),

-- Of several rows of a product the first in the order of values counts.
values_of_products as (
    select
        product_id,
        attribute,
        min(attribute_value) as attribute_value
    from stated
    group by product_id, attribute
),

-- Every product has a value of every attribute that the file states of any.
final as (
    select
        products.dataset,
        products.product_id,
        attributes.attribute,
        coalesce(values_of_products.attribute_value, 'Unknown') as attribute_value
    from products
    cross join attributes
    left join values_of_products
        on products.product_id = values_of_products.product_id and attributes.attribute = values_of_products.attribute
)

select * from final
