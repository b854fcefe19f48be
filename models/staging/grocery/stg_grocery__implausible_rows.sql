{%- set imputed_columns = [
    'age', 'promotion_share', 'kids', 'teens', 'complaints', 'stores_visited', 'typical_hour', 'distinct_products',
    'groceries_amount', 'electronics_amount', 'vegetables_amount', 'nonalcohol_drinks_amount', 'alcohol_drinks_amount',
    'meat_amount', 'fish_amount', 'hygiene_amount', 'videogames_amount', 'petfood_amount',
] %}

with

customers as (
    select * from {{ ref('stg_grocery__customer_details') }}
),

final as (
    select
        customer_id,
        'age is above {{ var("max_age") }}' as reason
    from customers
    where age > {{ var("max_age") }}
    union all
    select
        customer_id,
        'birth date lies ahead' as reason
    from customers
    where age < 0
    union all
    select
        customer_id,
        'first year lies ahead' as reason
    from customers
    where is_first_year_ahead
    union all
    select
        customer_id,
        'first year is a placeholder' as reason
    from customers
    where is_first_year_placeholder
    union all
    select
        customer_id,
        'promotion share is outside 0 to 1' as reason
    from customers
    where is_promotion_share_clipped
    union all
    select
        customer_id,
        'loyalty card is shared' as reason
    from customers
    where is_loyalty_card_shared
    union all
    select
        customer_id,
        'tenure years is missing and imputed' as reason
    from customers
    where tenure_years is null and not is_first_year_ahead and not is_first_year_placeholder
    {%- for column in imputed_columns %}
    union all
    select
        customer_id,
        '{{ column | replace("_", " ") }} is missing and imputed' as reason
    from customers
    where {{ column }} is null
    {%- endfor %}
)

select * from final
