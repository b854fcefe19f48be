-- Every segment is a union of cells of life stage, tier and loyalty, and the sums below add up over cells: customers
-- are read once, whatever the number of segments.
with

customers as (
    select * from {{ ref('loyalty_customers') }}
),

attributes as (
    select * from {{ ref('int_chips__customer_attributes') }}
),

final as (
    select
        customers.lifestage,
        customers.premium_tier,
        customers.is_loyal,
        attributes.attribute,
        attributes.attribute_value,
        count(*) as buyers,
        cast(sum(attributes.weight) as bigint) as weight,
        cast(sum(attributes.weight * attributes.total_weight) as bigint) as weight_by_total,
        cast(sum(attributes.weight * attributes.weight) as bigint) as squared_weight,
        -- Decimals, because their sum does not depend on the order of rows.
        cast(sum(cast(
            cast(attributes.weight as double) * attributes.weight / attributes.total_weight as decimal(18, 9)
        )) as decimal(28, 9)) as weight_times_share
    from attributes
    inner join customers on attributes.customer_id = customers.customer_id
    group by
        customers.lifestage,
        customers.premium_tier,
        customers.is_loyal,
        attributes.attribute,
        attributes.attribute_value
)

select * from final
