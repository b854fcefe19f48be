with

features as (
    select * from {{ ref('int_campaign__customer_features') }}
),

scores as (
    select * from {{ ref('int_campaign__customer_scores') }}
),

{{ cluster_profiles('campaign_customers', 'features', 'scores') }}

select * from final
