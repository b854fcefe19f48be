with

accepted as (
    select * from {{ ref('stg_grocery__customers') }}
),

-- The customers' file has no day of its own.
today as (
    select {{ as_of_date("max(date '" ~ var('grocery_as_of_date') ~ "')") }} as as_of_date from accepted
),

flagged as (
    select
        accepted.*,
        today.as_of_date,
        extract(year from today.as_of_date) as as_of_year,
        coalesce(accepted.first_year > extract(year from today.as_of_date), false) as is_first_year_ahead,
        coalesce(accepted.first_year in ({{ var('placeholder_years') | join(', ') }}), false)
            as is_first_year_placeholder,
        coalesce(accepted.stated_promotion_share not between 0 and 1, false) as is_promotion_share_clipped,
        accepted.loyalty_card is not null
        and count(*) over (partition by accepted.loyalty_card) > 1 as is_loyalty_card_shared
    from accepted
    cross join today
),

final as (
    select
        customer_id,
        gender,
        education,
        loyalty_card as loyalty_card_number,
        case when loyalty_card is not null then 'Yes' else 'No' end as loyalty_card,
        -- Years, less one before the birthday; month and day as one number.
        as_of_year - extract(year from birth_date)
        - cast(
            100 * extract(month from birth_date) + extract(day from birth_date)
            > 100 * extract(month from as_of_date) + extract(day from as_of_date) as integer
        ) as age,
        case
            when not is_first_year_ahead and not is_first_year_placeholder then as_of_year - first_year
        end as tenure_years,
        case
            when stated_promotion_share is not null then least(greatest(stated_promotion_share, 0), 1)
        end as promotion_share,
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
        latitude,
        longitude,
        birth_date,
        is_first_year_ahead,
        is_first_year_placeholder,
        is_promotion_share_clipped,
        is_loyalty_card_shared
    from flagged
)

select * from final
