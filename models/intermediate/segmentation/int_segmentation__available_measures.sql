with

customers as (
    select * from {{ ref('customers') }}
),

customer_attributes as (
    select * from {{ ref('customer_attributes') }}
),

purchases as (
    select * from {{ ref('int_segmentation__purchases') }}
),

measured_purchases as (
    select
        dataset,
        measure,
        count(distinct measure_value) as different_values
    from purchases
    group by dataset, measure
    having count(*) >= {{ var('small_count') }}
),

-- Few buyers, or buyers who are all alike, make no segments.
buyer_measures as (
    select
        dataset,
        measure
    from measured_purchases
    qualify max(different_values) over (partition by dataset) > 1
),

group_attributes as (
    select * from {{ ref('int_loyalty__segment_values') }}
),

cells as (
    select * from {{ ref('int_loyalty__cells') }}
),

group_measures as (
    {%- for measure in [
        'total_sales', 'customer_count', 'avg_sales_per_customer', 'units_per_customer', 'transactions_per_customer',
        'avg_unit_price',
    ] %}
    select '{{ measure }}' as measure
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

final as (
    select distinct
        dataset,
        'customer' as unit_kind,
        'customer_id' as measure,
        'key' as measure_type
    from customers
    union all
    select distinct
        dataset,
        'customer' as unit_kind,
        attribute as measure,
        attribute_type as measure_type
    from customer_attributes
    union all
    select
        dataset,
        'buyer' as unit_kind,
        measure,
        'number' as measure_type
    from buyer_measures
    union all
    select distinct
        dataset,
        'group' as unit_kind,
        attribute as measure,
        'text' as measure_type
    from group_attributes
    union all
    select
        datasets.dataset,
        'group' as unit_kind,
        group_measures.measure,
        'number' as measure_type
    from (select distinct dataset from cells) as datasets
    cross join group_measures
)

select * from final
