with

features as (
    select * from {{ ref('int_chips__lifestage_features') }}
),

scores as (
    select * from {{ ref('int_chips__lifestage_scores') }}
),

final as (
    {{ cluster_profiles(
        'lifestage_segments',
        'features',
        'scores',
        other_measures=['units_per_customer', 'transactions_per_customer', 'avg_unit_price']
    ) }}
)

select * from final
