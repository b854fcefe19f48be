{#- What the columns of customer_info.csv are called from staging on: {raw column: name}, one list per kind of value. -#}
{% macro grocery_amounts() -%}
    {{ return({
        'lifetime_spend_groceries': 'groceries_amount',
        'lifetime_spend_electronics': 'electronics_amount',
        'lifetime_spend_vegetables': 'vegetables_amount',
        'lifetime_spend_nonalcohol_drinks': 'nonalcohol_drinks_amount',
        'lifetime_spend_alcohol_drinks': 'alcohol_drinks_amount',
        'lifetime_spend_meat': 'meat_amount',
        'lifetime_spend_fish': 'fish_amount',
        'lifetime_spend_hygiene': 'hygiene_amount',
        'lifetime_spend_videogames': 'videogames_amount',
        'lifetime_spend_petfood': 'petfood_amount',
    }) }}
{%- endmacro %}


{% macro grocery_counts() -%}
    {{ return({
        'kids_home': 'kids',
        'teens_home': 'teens',
        'number_complaints': 'complaints',
        'distinct_stores_visited': 'stores_visited',
        'typical_hour': 'typical_hour',
        'lifetime_total_distinct_products': 'distinct_products',
    }) }}
{%- endmacro %}


{#- All columns of customer_info.csv, in the order of the file. -#}
{% macro grocery_columns() -%}
    {{ return([
        'customer_id', 'customer_name', 'customer_gender', 'customer_birthdate', 'kids_home', 'teens_home',
        'number_complaints', 'distinct_stores_visited', 'lifetime_spend_groceries', 'lifetime_spend_electronics',
        'typical_hour', 'lifetime_spend_vegetables', 'lifetime_spend_nonalcohol_drinks',
        'lifetime_spend_alcohol_drinks', 'lifetime_spend_meat', 'lifetime_spend_fish', 'lifetime_spend_hygiene',
        'lifetime_spend_videogames', 'lifetime_spend_petfood', 'lifetime_total_distinct_products',
        'percentage_of_products_bought_promotion', 'year_first_transaction', 'loyalty_card_number', 'latitude',
        'longitude',
    ]) }}
{%- endmacro %}
