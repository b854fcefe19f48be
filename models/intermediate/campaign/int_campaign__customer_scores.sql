with

features as (
    select * from {{ ref('int_campaign__customer_features') }}
),

centroids as (
    select * from {{ ref('campaign_customers_centroids') }}
),

final as (
    {{ score_clusters('campaign_customers', 'features', 'centroids', attributes=['customer_id']) }}
)

select * from final
