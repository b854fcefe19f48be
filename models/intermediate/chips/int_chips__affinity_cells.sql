-- Every segment is a union of cells of life stage, tier and loyalty, and the sums below add up over cells: customers
-- are read once, whatever the number of segments.
{%- set basket_sizes = {
    '1 unit': 'purchases_of_1_unit',
    '2 units': 'purchases_of_2_units',
    '3 units or more': 'purchases_of_3_units',
} %}

with

customers as (
    select * from {{ ref('loyalty_customers') }}
),

purchases as (
    select * from {{ ref('int_chips__customer_purchases') }}
),

preferences as (
    select * from {{ ref('int_chips__customer_preferences') }}
),

attribute_values as (
    select distinct
        value_id,
        attribute,
        attribute_value
    from {{ ref('int_chips__product_values') }}
),

-- Numbers, because millions of rows are grouped by them.
cells as (
    select
        lifestage,
        premium_tier,
        is_loyal,
        count(*) as customers,
        row_number() over (order by lifestage nulls last, premium_tier nulls last, is_loyal nulls last) as cell_id
    from customers
    group by lifestage, premium_tier, is_loyal
),

members as (
    select
        customers.customer_id,
        customers.units,
        customers.transactions,
        cells.cell_id
    from customers
    inner join cells
        on
            customers.lifestage = cells.lifestage
            and customers.premium_tier = cells.premium_tier
            and customers.is_loyal = cells.is_loyal
),

-- What the purchases hold, of all units.
value_sums as (
    select
        members.cell_id,
        preferences.value_id,
        {{ sums_of_weights('preferences.units', 'members.units') }}
    from preferences
    inner join members on preferences.customer_id = members.customer_id
    group by members.cell_id, preferences.value_id
),

-- How large each purchase is, of all purchases; not the customer's average: averages of few purchases lie on whole
-- numbers, those of many in between.
basket_sums as (
    {%- for size, column in basket_sizes.items() %}
    select
        members.cell_id,
        '{{ size }}' as attribute_value,
        {{ sums_of_weights('purchases.' ~ column, 'members.transactions') }}
    from purchases
    inner join members on purchases.customer_id = members.customer_id
    where purchases.{{ column }} > 0
    group by members.cell_id
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- What a customer is has the weight 1 of 1.
all_sums as (
    select
        value_sums.cell_id,
        attribute_values.attribute,
        attribute_values.attribute_value,
        value_sums.buyers,
        value_sums.weight,
        value_sums.weight_by_total,
        value_sums.squared_weight,
        value_sums.weight_times_share
    from value_sums
    inner join attribute_values on value_sums.value_id = attribute_values.value_id
    union all
    select
        cell_id,
        'basket size' as attribute,
        attribute_value,
        buyers,
        weight,
        weight_by_total,
        squared_weight,
        weight_times_share
    from basket_sums
    {%- for attribute, column in {'life stage': 'lifestage', 'premium tier': 'premium_tier'}.items() %}
    union all
    select
        cell_id,
        '{{ attribute }}' as attribute,
        {{ column }} as attribute_value,
        customers as buyers,
        customers as weight,
        customers as weight_by_total,
        customers as squared_weight,
        customers as weight_times_share
    from cells
    {%- endfor %}
),

final as (
    select
        cells.lifestage,
        cells.premium_tier,
        cells.is_loyal,
        all_sums.attribute,
        all_sums.attribute_value,
        all_sums.buyers,
        all_sums.weight,
        all_sums.weight_by_total,
        all_sums.squared_weight,
        all_sums.weight_times_share
    from all_sums
    inner join cells on all_sums.cell_id = cells.cell_id
)

select * from final
