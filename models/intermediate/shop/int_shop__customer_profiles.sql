with

features as (
    select * from {{ ref('int_shop__customer_features') }}
),

scores as (
    select * from {{ ref('int_shop__customer_scores') }}
),

{{ cluster_profiles('shop_customers', 'features', 'scores') }}

select * from final
