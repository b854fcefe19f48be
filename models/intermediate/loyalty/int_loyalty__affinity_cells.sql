-- Every segment is a union of cells, and the sums below add up over cells: customers are read once, whatever the number
-- of segments.
{%- set basket_sizes = {
    '1 unit': 'receipts_of_1_unit',
    '2 units': 'receipts_of_2_units',
    '3 units or more': 'receipts_of_3_units',
} %}

with

cells as (
    select * from {{ ref('int_loyalty__cells') }}
),

cell_attributes as (
    select * from {{ ref('int_loyalty__cell_attributes') }}
),

purchases as (
    select
        purchases.*,
        customer_cells.cell_id
    from {{ ref('int_loyalty__customer_purchases') }} as purchases
    inner join {{ ref('int_loyalty__customer_cells') }} as customer_cells
        on purchases.customer_key = customer_cells.customer_key
),

preferences as (
    select * from {{ ref('int_loyalty__customer_preferences') }}
),

product_attributes as (
    select * from {{ ref('int_products__product_attributes') }}
),

-- Basket sizes have numbers below those of the values that are bought.
attribute_values as (
    select distinct
        value_id,
        attribute,
        attribute_value,
        true as is_bought
    from product_attributes
    {%- for size in basket_sizes %}
    union all
    select
        -{{ loop.index }} as value_id,
        'basket size' as attribute,
        '{{ size }}' as attribute_value,
        false as is_bought
    {%- endfor %}
),

-- What the receipts hold, of all units; and how large each receipt is, of all receipts. Not the customer's average
-- size: averages of few receipts lie on whole numbers, those of many in between.
weights as (
    select
        purchases.cell_id,
        preferences.value_id,
        preferences.units as weight,
        purchases.units as total_weight
    from preferences
    inner join purchases on preferences.customer_key = purchases.customer_key
    {%- for column in basket_sizes.values() %}
    union all
    select
        cell_id,
        -{{ loop.index }} as value_id,
        cast({{ column }} as decimal(18, 3)) as weight,
        cast(receipts as decimal(18, 3)) as total_weight
    from purchases
    {%- endfor %}
),

-- The sum of doubles would depend on the order of rows.
sums as (
    select
        cell_id,
        value_id,
        count(*) as buyers,
        sum(weight) as weight,
        sum(weight * total_weight) as weight_by_total,
        sum(weight * weight) as squared_weight,
        sum({{ double_as_decimal('cast(weight as double) * weight / total_weight', 9, 18) }}) as weight_times_share
    from weights
    where weight > 0 and total_weight > 0
    group by cell_id, value_id
),

all_sums as (
    select
        sums.cell_id,
        attribute_values.attribute,
        attribute_values.attribute_value,
        attribute_values.is_bought,
        sums.buyers,
        sums.weight,
        sums.weight_by_total,
        sums.squared_weight,
        sums.weight_times_share
    from sums
    inner join attribute_values on sums.value_id = attribute_values.value_id
    union all
    -- What a customer is has the weight 1 of 1. Of whom it is unknown has none, in a segment and outside: a share
    -- among all would be low where few are described.
    select
        cell_id,
        segment_type as attribute,
        attribute_value,
        false as is_bought,
        customers as buyers,
        customers as weight,
        customers as weight_by_total,
        customers as squared_weight,
        customers as weight_times_share
    from cell_attributes
    where attribute_value <> 'Unknown'
),

final as (
    select
        cells.dataset,
        all_sums.*
    from all_sums
    inner join cells on all_sums.cell_id = cells.cell_id
)

select * from final
