with

customers as (
    select * from {{ ref('base_grocery__customers') }}
),

final as (
    select
        -- keys
        customer_id,
        loyalty_card,

        -- attributes
        case lower({{ extract_regex('full_name', '^([A-Za-z]+)[.]', 1) }})
            when 'bsc' then 'Bachelor'
            when 'msc' then 'Master'
            when 'phd' then 'Doctorate'
            else 'Not stated'
        end as education,
        gender,
        latitude,
        longitude,

        -- measures
        kids,
        teens,
        complaints,
        stores_visited,
        typical_hour,
        distinct_products,
        groceries_amount,
        electronics_amount,
        vegetables_amount,
        nonalcohol_drinks_amount,
        alcohol_drinks_amount,
        meat_amount,
        fish_amount,
        hygiene_amount,
        videogames_amount,
        petfood_amount,
        stated_promotion_share,

        -- dates
        birth_date,
        first_year
    from customers
    where rejection_reason is null
)

select * from final
