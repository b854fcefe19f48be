-- Of the values bought most, the one with the highest sales, and of equal ones the first by name: the largest number that
-- has the units in front, then the cents, then the value's place from the end of the alphabet. One maximum over numbers takes
-- a tenth of the time of comparing rows.
{%- set columns = {'brand': 'favourite_brand', 'flavour': 'favourite_flavour', 'pack size': 'favourite_pack_size'} %}

with

preferences as (
    select * from {{ ref('int_chips__customer_preferences') }}
),

attribute_values as (
    select distinct
        value_id,
        attribute,
        attribute_value
    from {{ ref('int_chips__product_values') }}
    where attribute <> 'product'
),

ranked as (
    select
        preferences.customer_id,
        attribute_values.attribute,
        cast(preferences.units as decimal(38, 0)) * 1000000000000000000000000
        + cast(100 * preferences.sales_amount as decimal(38, 0)) * 1000000000
        + (999999999 - preferences.value_id) as favour
    from preferences
    inner join attribute_values on preferences.value_id = attribute_values.value_id
),

most_favoured as (
    select
        customer_id
        {%- for attribute, column in columns.items() %},
        999999999 - cast(max(favour) filter (where attribute = '{{ attribute }}') % 1000000000 as integer) as {{ column }}
        {%- endfor %}
    from ranked
    group by customer_id
),

final as (
    select
        most_favoured.customer_id
        {%- for column in columns.values() %},
        {{ column }}s.attribute_value as {{ column }}
        {%- endfor %}
    from most_favoured
    {%- for column in columns.values() %}
    left join attribute_values as {{ column }}s on most_favoured.{{ column }} = {{ column }}s.value_id
    {%- endfor %}
)

select * from final
