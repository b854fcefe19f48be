{%- set amounts = grocery_amounts().values() | list -%}
{%- set counts = grocery_counts().values() | list -%}
{%- set settled_date = "max(date '" ~ var('grocery_as_of_date') ~ "')" %}

with

accepted as (
    select * from {{ ref('stg_grocery__customers') }}
),

today as (
    select {{ as_of_date(settled_date) }} as as_of_date from accepted
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
        accepted.loyalty_card is not null as has_loyalty_card,
        accepted.loyalty_card is not null
        and count(*) over (partition by accepted.loyalty_card) > 1 as is_loyalty_card_shared
    from accepted
    cross join today
),

measured as (
    select
        *,
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
        end as promotion_share
    from flagged
),

final as (
    select
        customer_id,
        gender,
        education,
        age,
        tenure_years,
        promotion_share,
        {{ (counts + amounts) | join(',\n        ') }},
        latitude,
        longitude,
        has_loyalty_card,
        is_loyalty_card_shared,
        is_first_year_ahead,
        is_first_year_placeholder,
        is_promotion_share_clipped
    from measured
)

select * from final
