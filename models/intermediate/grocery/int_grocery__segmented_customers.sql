with

customers as (
    select * from {{ ref('int_grocery__customers') }}
),

scores as (
    select * from {{ ref('int_grocery__customer_scores') }}
),

names as (
    select * from {{ ref('int_grocery__customer_names') }}
),

final as (
    select
        customers.customer_id,
        scores.cluster_id,
        names.segment_name,
        customers.{{ grocery_amounts().values() | join(',\n        customers.') }}
    from customers
    left join scores on customers.customer_id = scores.customer_id
    left join names on scores.cluster_id = names.cluster_id
)

select * from final
