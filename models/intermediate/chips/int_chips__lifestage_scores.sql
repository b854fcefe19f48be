with

features as (
    select * from {{ ref('int_chips__lifestage_features') }}
),

centroids as (
    select * from {{ ref('lifestage_segments_centroids') }}
),

final as (
    {{ score_clusters('lifestage_segments', 'features', 'centroids', attributes=['lifestage', 'premium_tier']) }}
)

select * from final
