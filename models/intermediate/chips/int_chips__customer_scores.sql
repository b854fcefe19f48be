with

customers as (
    select * from {{ ref('loyalty_customers') }}
),

scores as (
    select * from {{ ref('int_chips__lifestage_scores') }}
),

final as (
    select
        customers.customer_id,
        scores.cluster_id,
        scores.distance,
        scores.runner_up_cluster_id,
        scores.runner_up_distance
    from customers
    inner join scores on customers.lifestage = scores.lifestage and customers.premium_tier = scores.premium_tier
)

select * from final
