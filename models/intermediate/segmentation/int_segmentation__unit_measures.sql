with

analyses as (
    select * from {{ ref('segmentation_settings') }}
),

measures as (
    select * from {{ ref('int_segmentation__measures') }}
    where source = 'stated'
),

unit_customers as (
    select * from {{ ref('int_segmentation__unit_customers') }}
),

customer_attributes as (
    select * from {{ ref('customer_attributes') }}
    where number_value is not null
),

groups as (
    select * from {{ ref('int_segmentation__groups') }}
    where is_known
),

purchases as (
    select * from {{ ref('int_segmentation__purchases') }}
),

group_values as (
    {%- set group_measures = {
        'total_sales': 'cast(sales_amount as double)',
        'customer_count': 'cast(customers as double)',
        'avg_sales_per_customer': 'avg_sales_per_customer',
        'units_per_customer': 'units_per_customer',
        'transactions_per_customer': 'transactions_per_customer',
        'avg_unit_price': 'avg_unit_price',
    } %}
    {%- for measure, value in group_measures.items() %}
    select
        analysis,
        unit_id,
        '{{ measure }}' as measure,
        {{ value }} as measure_value
    from groups
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

final as (
    select
        measures.dataset,
        measures.analysis,
        unit_customers.unit_id,
        measures.measure,
        customer_attributes.number_value as measure_value
    from measures
    inner join analyses on measures.analysis = analyses.analysis
    inner join unit_customers on measures.analysis = unit_customers.analysis
    inner join customer_attributes
        on
            unit_customers.customer_key = customer_attributes.customer_key
            and measures.measure = customer_attributes.attribute
    where analyses.unit = 'customer'
    union all
    select
        measures.dataset,
        measures.analysis,
        unit_customers.unit_id,
        measures.measure,
        purchases.measure_value
    from measures
    inner join analyses on measures.analysis = analyses.analysis
    inner join unit_customers on measures.analysis = unit_customers.analysis
    inner join purchases
        on unit_customers.customer_key = purchases.customer_key and measures.measure = purchases.measure
    where analyses.unit = 'buyer'
    union all
    select
        measures.dataset,
        measures.analysis,
        group_values.unit_id,
        measures.measure,
        group_values.measure_value
    from measures
    inner join group_values
        on measures.analysis = group_values.analysis and measures.measure = group_values.measure
)

select * from final
