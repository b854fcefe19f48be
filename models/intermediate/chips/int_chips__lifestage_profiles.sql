with

features as (
    select * from {{ ref('int_chips__lifestage_features') }}
),

scores as (
    select * from {{ ref('int_chips__lifestage_scores') }}
),

{{ cluster_profiles('lifestage_segments', 'features', 'scores') }}

select * from final
