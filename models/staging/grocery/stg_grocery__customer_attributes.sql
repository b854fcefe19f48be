with

details as (
    select * from {{ ref('stg_grocery__customer_details') }}
),

final as (
    {{ attribute_rows(
        'details',
        texts=['gender', 'education', 'loyalty_card'],
        numbers=[
            'age', 'tenure_years', 'promotion_share', 'kids', 'teens', 'complaints', 'stores_visited', 'typical_hour',
            'distinct_products', 'groceries_amount', 'electronics_amount', 'vegetables_amount',
            'nonalcohol_drinks_amount', 'alcohol_drinks_amount', 'meat_amount', 'fish_amount', 'hygiene_amount',
            'videogames_amount', 'petfood_amount', 'latitude', 'longitude',
        ]
    ) }}
)

select * from final
