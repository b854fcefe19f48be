-- Customers' sums are made by the number of a value: of a hundred million lines, grouping by texts takes twice as long.
{%- set attributes = {
    'brand': 'brand',
    'flavour': 'flavour_family',
    'pack size': "pack_size_g || ' g'",
} %}

with

sales as (
    select * from {{ ref('int_chips__sales') }}
),

products as (
    select * from {{ ref('int_chips__products') }}
),

product_attributes as (
    {%- for name, value in attributes.items() %}
    select
        product_id,
        '{{ name }}' as attribute,
        coalesce({{ value }}, 'Not stated') as attribute_value
    from products
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

numbered as (
    select
        *,
        dense_rank() over (order by attribute nulls last, attribute_value nulls last) as value_number
    from product_attributes
),

attribute_values as (
    select distinct
        value_number,
        attribute,
        attribute_value
    from numbered
),

totals as (
    select
        sales.customer_id,
        numbered.value_number,
        cast(sum(sales.units) as bigint) as units,
        cast(sum(sales.sales_amount) as decimal(18, 2)) as sales_amount
    from sales
    inner join numbered on sales.product_id = numbered.product_id
    group by sales.customer_id, numbered.value_number
),

final as (
    select
        totals.customer_id,
        attribute_values.attribute,
        attribute_values.attribute_value,
        totals.units,
        totals.sales_amount
    from totals
    inner join attribute_values on totals.value_number = attribute_values.value_number
)

select * from final
