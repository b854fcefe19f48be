with

customers as (
    select * from {{ ref('loyalty_customers') }}
),

clusters as (
    select * from {{ ref('lifestage_segment_clusters') }}
    where cluster_id > 0
),

final as (
    select
        customer_id as basket_id,
        'All' as segment_name
    from customers
    union all
    select
        customers.customer_id as basket_id,
        clusters.segment_name
    from customers
    inner join clusters
        on customers.lifestage = clusters.lifestage and customers.premium_tier = clusters.premium_tier
)

select * from final
