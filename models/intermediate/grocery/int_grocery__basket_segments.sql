with

baskets as (
    select * from {{ ref('stg_grocery__baskets') }}
),

scores as (
    select * from {{ ref('int_grocery__customer_scores') }}
),

names as (
    select * from {{ ref('int_grocery__customer_names') }}
),

final as (
    select
        basket_id,
        'All' as segment_name
    from baskets
    union all
    select
        baskets.basket_id,
        names.segment_name
    from baskets
    inner join scores on baskets.customer_id = scores.customer_id
    inner join names on scores.cluster_id = names.cluster_id
)

select * from final
