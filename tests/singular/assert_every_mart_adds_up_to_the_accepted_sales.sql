-- No mart loses or invents a cent or a unit: each adds up to the counted sales of its dataset, without anonymous ones
-- where it is about customers. What is left out of the counted sales stands in marts.row_reconciliation.
{%- set marts = {
    'product_sales': ('sales_amount', 'units'),
    'daily_sales': ('sales_amount', 'units'),
    'loyalty_customers': ('sales_amount', 'units'),
    'lifestage_segments': ('total_sales', 'null'),
} %}

with

counted as (
    select
        dataset,
        sum(units) as units,
        sum(sales_amount) as sales_amount,
        sum(units) filter (where customer_key is not null) as customer_units,
        sum(sales_amount) filter (where customer_key is not null) as customer_amount
    from {{ ref('int_products__sales_lines') }}
    group by dataset
),

totals as (
    {%- for mart, (amount, units) in marts.items() %}
    select
        '{{ mart }}' as mart,
        '{{ mart }}' in ('loyalty_customers', 'lifestage_segments') as is_of_customers,
        dataset,
        sum({{ amount }}) as sales_amount,
        sum({{ units }}) as units
    from {{ ref(mart) }}
    group by dataset
    union all
    {%- endfor %}
    select
        'attribute_sales: ' || attribute as mart,
        false as is_of_customers,
        dataset,
        sum(sales_amount) as sales_amount,
        sum(units) as units
    from {{ ref('attribute_sales') }}
    where attribute in ('brand', 'flavour', 'pack size')
    group by dataset, attribute
),

expected as (
    select
        totals.*,
        case when totals.is_of_customers then counted.customer_amount else counted.sales_amount end as counted_amount,
        case when totals.is_of_customers then counted.customer_units else counted.units end as counted_units
    from totals
    left join counted on totals.dataset = counted.dataset
)

select *
from expected
where
    sales_amount is distinct from counted_amount
    or coalesce(units, counted_units) is distinct from counted_units
