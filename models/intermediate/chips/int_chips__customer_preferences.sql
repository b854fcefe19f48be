with

sales as (
    select
        customer_id,
        product_id,
        sum(units) as units,
        sum(sales_amount) as sales_amount
    from {{ ref('int_chips__sales') }}
    group by customer_id, product_id
),

products as (
    select * from {{ ref('int_chips__products') }}
),

{%- set attributes = {
    'brand': 'products.brand',
    'flavour': 'products.flavour_family',
    'pack size': "products.pack_size_g || ' g'",
} %}

final as (
    {%- for name, value in attributes.items() %}
    select
        sales.customer_id,
        '{{ name }}' as attribute,
        coalesce({{ value }}, 'Not stated') as attribute_value,
        cast(sum(sales.units) as bigint) as units,
        cast(sum(sales.sales_amount) as decimal(18, 2)) as sales_amount
    from sales
    inner join products on sales.product_id = products.product_id
    group by sales.customer_id, {{ value }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * from final
