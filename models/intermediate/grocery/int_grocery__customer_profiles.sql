with

features as (
    select * from {{ ref('int_grocery__customer_features') }}
),

scores as (
    select * from {{ ref('int_grocery__customer_scores') }}
),

{{ cluster_profiles('grocery_customers', 'features', 'scores') }}

select * from final
