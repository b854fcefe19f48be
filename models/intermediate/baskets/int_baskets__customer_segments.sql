with

customers as (
    select * from {{ ref('customers') }}
),

texts as (
    select * from {{ ref('customer_attributes') }}
),

chips_scores as (
    select * from {{ ref('int_chips__lifestage_scores') }}
),

chips_names as (
    select * from {{ ref('int_chips__lifestage_names') }}
),

grocery_scores as (
    select * from {{ ref('int_grocery__customer_scores') }}
),

grocery_names as (
    select * from {{ ref('int_grocery__customer_names') }}
),

final as (
    select
        customers.customer_key,
        chips_names.segment_name
    from customers
    inner join texts as stages on customers.customer_key = stages.customer_key and stages.attribute = 'lifestage'
    inner join texts as tiers on customers.customer_key = tiers.customer_key and tiers.attribute = 'premium_tier'
    inner join chips_scores
        on stages.attribute_value = chips_scores.lifestage and tiers.attribute_value = chips_scores.premium_tier
    inner join chips_names on chips_scores.cluster_id = chips_names.cluster_id
    where customers.dataset = 'chips'
    union all
    select
        customers.customer_key,
        grocery_names.segment_name
    from customers
    inner join grocery_scores on customers.customer_id = grocery_scores.unit_id
    inner join grocery_names on grocery_scores.cluster_id = grocery_names.cluster_id
    where customers.dataset = 'grocery'
)

select * from final
