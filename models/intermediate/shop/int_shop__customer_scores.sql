with

features as (
    select * from {{ ref('int_shop__customer_features') }}
),

centroids as (
    select * from {{ ref('shop_customers_centroids') }}
),

final as (
    {{ score_clusters('shop_customers', 'features', 'centroids', attributes=['customer_id']) }}
)

select * from final
