with

purchases as (
    select * from {{ ref('int_loyalty__customer_purchases') }}
    where dataset = 'chips'
),

customers as (
    select * from {{ ref('customers') }}
),

cell_attributes as (
    select * from {{ ref('int_loyalty__cell_attributes') }}
),

clusters as (
    select * from {{ ref('lifestage_segment_clusters') }}
),

life_stages as (
    select
        customer_cells.customer_key,
        max(cell_attributes.attribute_value) filter (where cell_attributes.attribute = 'lifestage') as lifestage,
        max(cell_attributes.attribute_value) filter (where cell_attributes.attribute = 'premium_tier') as premium_tier
    from {{ ref('int_loyalty__customer_cells') }} as customer_cells
    inner join cell_attributes on customer_cells.cell_id = cell_attributes.cell_id
    group by customer_cells.customer_key
),

final as (
    select
        purchases.customer_key,
        cast(customers.customer_id as bigint) as customer_id,
        clusters.cluster_id,
        clusters.segment_name,
        clusters.distance,
        clusters.runner_up_cluster_id,
        clusters.runner_up_distance
    from purchases
    inner join customers on purchases.customer_key = customers.customer_key
    inner join life_stages on purchases.customer_key = life_stages.customer_key
    inner join clusters
        on life_stages.lifestage = clusters.lifestage and life_stages.premium_tier = clusters.premium_tier
)

select * from final
