-- Numbers follow the alphabet within an attribute.
{%- set attributes = {
    'product': 'product_id',
    'brand': 'brand',
    'flavour': 'flavour_family',
    'pack size': "pack_size_g || ' g'",
} %}

with

products as (
    select * from {{ ref('int_chips__products') }}
),

product_attributes as (
    {%- for attribute, value in attributes.items() %}
    select
        product_id,
        '{{ attribute }}' as attribute,
        coalesce(cast({{ value }} as {{ dbt.type_string() }}), 'Not stated') as attribute_value
    from products
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

final as (
    select
        product_id,
        attribute,
        attribute_value,
        cast(dense_rank() over (
            order by attribute nulls last, attribute_value nulls last
        ) as integer) as value_id
    from product_attributes
)

select * from final
