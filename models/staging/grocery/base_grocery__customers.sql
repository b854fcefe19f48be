{{- config(materialized="table") -}}
{%- set raw_columns = [
    'customer_id', 'customer_name', 'customer_gender', 'customer_birthdate', 'kids_home', 'teens_home',
    'number_complaints', 'distinct_stores_visited', 'lifetime_spend_groceries', 'lifetime_spend_electronics',
    'typical_hour', 'lifetime_spend_vegetables', 'lifetime_spend_nonalcohol_drinks', 'lifetime_spend_alcohol_drinks',
    'lifetime_spend_meat', 'lifetime_spend_fish', 'lifetime_spend_hygiene', 'lifetime_spend_videogames',
    'lifetime_spend_petfood', 'lifetime_total_distinct_products', 'percentage_of_products_bought_promotion',
    'year_first_transaction', 'loyalty_card_number', 'latitude', 'longitude',
] -%}
{%- set departments = [
    'groceries', 'electronics', 'vegetables', 'nonalcohol_drinks', 'alcohol_drinks', 'meat', 'fish', 'hygiene',
    'videogames', 'petfood',
] %}

with

raw as (
    select * from {{ ref('customer_info') }}
),

typed as (
    select
        *,
        {{ to_integer('customer_id') }} as clean_customer_id,
        {{ clean_text('customer_name') }} as full_name,
        coalesce({{ capitalize(clean_text('customer_gender')) }}, 'Unknown') as gender,
        {{ to_date_us('customer_birthdate') }} as birth_date,
        {{ to_plausible_integer('kids_home') }} as kids,
        {{ to_plausible_integer('teens_home') }} as teens,
        {{ to_plausible_integer('number_complaints') }} as complaints,
        {{ to_plausible_integer('distinct_stores_visited') }} as stores_visited,
        {{ to_plausible_integer('typical_hour') }} as clean_typical_hour,
        {{ to_plausible_integer('lifetime_total_distinct_products') }} as distinct_products,
        {%- for department in departments %}
        {{ to_amount('lifetime_spend_' ~ department) }} as {{ department }}_amount,
        {%- endfor %}
        {{ to_number('percentage_of_products_bought_promotion') }} as stated_promotion_share,
        {{ to_plausible_integer('year_first_transaction') }} as first_year,
        {{ to_integer('loyalty_card_number') }} as loyalty_card,
        {{ to_number('latitude') }} as clean_latitude,
        {{ to_number('longitude') }} as clean_longitude,
        {%- for department in departments %}
        {{ '+ ' if not loop.first }}coalesce({{ rough_amount('lifetime_spend_' ~ department) }}, 0)
        {%- endfor %} as file_amount,
        {{ text_map(raw_columns) }} as raw_fields
    from raw
),

compared as (
    select
        *,
        row_number() over (
            partition by clean_customer_id order by cast(raw_fields as {{ dbt.type_string() }}) nulls last
        ) as id_row,
        count(*) over (partition by clean_customer_id) as id_rows,
        count(*) over (
            partition by
                clean_customer_id, full_name, gender, birth_date, kids, teens, complaints, stores_visited,
                clean_typical_hour, distinct_products, groceries_amount, electronics_amount, vegetables_amount,
                nonalcohol_drinks_amount, alcohol_drinks_amount, meat_amount, fish_amount, hygiene_amount,
                videogames_amount, petfood_amount, stated_promotion_share, first_year, loyalty_card,
                clean_latitude, clean_longitude
        ) as equal_rows
    from typed
),

judged as (
    select
        *,
        case
            when clean_customer_id is null then 'customer_id is not a number'
            when id_rows > equal_rows then 'customer_id has rows that contradict each other'
            when id_row > 1 then 'customer_id repeats an earlier row'
            when {{ is_stated('customer_birthdate') }} and birth_date is null then 'customer_birthdate is not a date'
            when {{ is_stated('kids_home') }} and coalesce(kids < 0, true)
                then 'kids_home is not a whole number of 0 or more'
            when {{ is_stated('teens_home') }} and coalesce(teens < 0, true)
                then 'teens_home is not a whole number of 0 or more'
            when {{ is_stated('number_complaints') }} and coalesce(complaints < 0, true)
                then 'number_complaints is not a whole number of 0 or more'
            when {{ is_stated('distinct_stores_visited') }} and coalesce(stores_visited < 0, true)
                then 'distinct_stores_visited is not a whole number of 0 or more'
            when {{ is_stated('typical_hour') }} and coalesce(clean_typical_hour < 0, true)
                then 'typical_hour is not a whole number of 0 or more'
            when {{ is_stated('lifetime_total_distinct_products') }} and coalesce(distinct_products < 0, true)
                then 'lifetime_total_distinct_products is not a whole number of 0 or more'
            {%- for department in departments %}
            when
                {{ is_stated('lifetime_spend_' ~ department) }} and not {{ is_whole_cents(department ~ '_amount') }}
                then 'lifetime_spend_{{ department }} is not an amount of 0 or more in whole cents'
            {%- endfor %}
            when {{ is_stated('percentage_of_products_bought_promotion') }} and stated_promotion_share is null
                then 'percentage_of_products_bought_promotion is not a number'
            when {{ is_stated('year_first_transaction') }} and first_year is null
                then 'year_first_transaction is not a number'
            when {{ is_stated('loyalty_card_number') }} and loyalty_card is null
                then 'loyalty_card_number is not a number'
            when {{ is_stated('latitude') }} and clean_latitude is null then 'latitude is not a number'
            when {{ is_stated('longitude') }} and clean_longitude is null then 'longitude is not a number'
        end as rejection_reason
    from compared
),

final as (
    select
        clean_customer_id as customer_id,
        full_name,
        gender,
        birth_date,
        kids,
        teens,
        complaints,
        stores_visited,
        clean_typical_hour as typical_hour,
        distinct_products,
        {%- for department in departments %}
        cast({{ department }}_amount as decimal(18, 2)) as {{ department }}_amount,
        {%- endfor %}
        stated_promotion_share,
        first_year,
        loyalty_card,
        clean_latitude as latitude,
        clean_longitude as longitude,
        cast(file_amount as decimal(38, 6)) as file_amount,
        rejection_reason,
        case when rejection_reason is not null then raw_fields end as raw_fields
    from judged
)

select * from final
