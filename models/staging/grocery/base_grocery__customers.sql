{{- config(materialized="table") -}}
{%- set rules = [
    {'column': 'customer_id', 'reason': 'is not a number', 'broken': 'clean_customer_id is null'},
    {'column': 'customer_id', 'reason': 'has rows that contradict each other', 'broken': 'is_contradicted'},
    {'column': 'customer_id', 'reason': 'repeats an earlier row', 'broken': 'id_row > 1'},
    {
        'column': 'customer_birthdate',
        'reason': 'is not a date',
        'broken': 'birth_date is null and ' ~ trim_text('customer_birthdate') ~ ' is not null',
    },
] -%}
{%- set is_stated = trim_text('{column}') ~ ' is not null' -%}
{%- set other_numbers = {
    'percentage_of_products_bought_promotion': 'stated_promotion_share',
    'year_first_transaction': 'first_year',
    'loyalty_card_number': 'loyalty_card',
    'latitude': 'clean_latitude',
    'longitude': 'clean_longitude',
} -%}
{%- do rules.extend(rules_for_each(
    grocery_counts(), 'is not a whole number of 0 or more',
    broken=is_stated ~ ' and (clean_{name} is null or clean_{name} < 0)'
)) -%}
{%- do rules.extend(rules_for_each(
    grocery_amounts(), 'is not an amount of 0 or more in whole cents',
    broken=is_stated ~ ' and ({name} is null or {name} < 0 or {name} <> round({name}, 2))'
)) -%}
{%- do rules.extend(rules_for_each(other_numbers, 'is not a number', broken=is_stated ~ ' and {name} is null')) -%}
{%- set compared_columns = ['clean_name', 'gender', 'birth_date'] -%}
{%- for name in grocery_counts().values() -%}{%- do compared_columns.append('clean_' ~ name) -%}{%- endfor -%}
{%- do compared_columns.extend(grocery_amounts().values()) -%}
{%- do compared_columns.extend(other_numbers.values()) %}

with

raw as (
    select * from {{ ref('customer_info') }}
),

typed as (
    select
        *,
        {{ to_integer('customer_id') }} as clean_customer_id,
        {{ clean_text('customer_name') }} as clean_name,
        coalesce({{ capitalize(clean_text('customer_gender')) }}, 'Unknown') as gender,
        {{ to_date_us('customer_birthdate') }} as birth_date,
        {%- for column, name in grocery_counts().items() %}
        {{ to_integer(column) }} as clean_{{ name }},
        {%- endfor %}
        {%- for column, name in grocery_amounts().items() %}
        {{ to_amount(column) }} as {{ name }},
        {%- endfor %}
        {{ to_number('percentage_of_products_bought_promotion') }} as stated_promotion_share,
        {{ to_integer('year_first_transaction') }} as first_year,
        {{ to_integer('loyalty_card_number') }} as loyalty_card,
        {{ to_number('latitude') }} as clean_latitude,
        {{ to_number('longitude') }} as clean_longitude,
        {%- for column in grocery_amounts() %}
        coalesce({{ rough_amount(column) }}, 0) {{ '+' if not loop.last }}
        {%- endfor %} as file_amount
    from raw
),

compared as (
    select
        *,
        {{ row_of_key('clean_customer_id', compared_columns, grocery_columns()) }} as id_row,
        {{ has_variants('clean_customer_id', compared_columns) }} as is_contradicted
    from typed
),

judged as (
    select
        *,
        {{ broken_rule(rules) }} as broken_rule
    from compared
),

final as (
    select
        clean_customer_id as customer_id,
        clean_name as full_name,
        gender,
        birth_date,
        {%- for name in grocery_counts().values() %}
        clean_{{ name }} as {{ name }},
        {%- endfor %}
        {%- for name in grocery_amounts().values() %}
        cast({{ name }} as decimal(18, 2)) as {{ name }},
        {%- endfor %}
        stated_promotion_share,
        first_year,
        loyalty_card,
        clean_latitude as latitude,
        clean_longitude as longitude,
        file_amount,
        {{ rejection_columns(rules, grocery_columns()) }}
    from judged
)

select * from final
