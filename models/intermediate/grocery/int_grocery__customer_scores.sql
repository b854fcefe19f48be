with

features as (
    select * from {{ ref('int_grocery__customer_features') }}
),

centroids as (
    select * from {{ ref('grocery_customers_centroids') }}
),

final as (
    {{ score_clusters('grocery_customers', 'features', 'centroids', attributes=['customer_id']) }}
)

select * from final
