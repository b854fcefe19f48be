{{- config(materialized="table") -}}
{%- set raw_columns = [
    'CustomerID', 'Gender', 'Age', 'Annual Income ($)', 'Spending Score (1-100)', 'Profession', 'Work Experience',
    'Family Size'
] -%}
{%- set rules = [
    {'column': 'CustomerID', 'reason': 'is not a number', 'broken': 'customer_id is null'},
    {'column': 'CustomerID', 'reason': 'has rows that contradict each other', 'broken': 'is_contradicted'},
    {'column': 'CustomerID', 'reason': 'repeats an earlier row', 'broken': 'id_row > 1'},
    {'column': 'Age', 'reason': 'is not a whole number', 'broken': 'clean_age is null'},
    {'column': 'Annual Income ($)', 'reason': 'is not an amount', 'broken': 'annual_income is null'},
    {'column': 'Spending Score (1-100)', 'reason': 'is not a whole number', 'broken': 'spending_score is null'},
    {'column': 'Work Experience', 'reason': 'is not a whole number', 'broken': 'work_experience is null'},
    {'column': 'Family Size', 'reason': 'is not a whole number', 'broken': 'family_size is null'},
] -%}
{%- set compared_columns = [
    'clean_gender', 'clean_age', 'annual_income', 'spending_score', 'clean_profession', 'work_experience', 'family_size'
] -%}

with

raw as (
    select * from {{ ref('shop_customers') }}
),

typed as (
    select
        *,
        {{ to_integer('"CustomerID"') }} as customer_id,
        coalesce({{ capitalize(clean_text('"Gender"')) }}, 'Unknown') as clean_gender,
        {{ to_integer('"Age"') }} as clean_age,
        {{ to_amount('"Annual Income ($)"') }} as annual_income,
        {{ to_integer('"Spending Score (1-100)"') }} as spending_score,
        coalesce({{ clean_text('"Profession"') }}, 'Unknown') as clean_profession,
        {{ to_integer('"Work Experience"') }} as work_experience,
        {{ to_integer('"Family Size"') }} as family_size
    from raw
),

compared as (
    select
        *,
        {{ row_of_key('customer_id', compared_columns, raw_columns) }} as id_row,
        {{ has_variants('customer_id', compared_columns) }} as is_contradicted
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
        customer_id,
        clean_gender as gender,
        clean_age as age,
        cast(annual_income as decimal(18, 2)) as annual_income,
        spending_score,
        clean_profession as profession,
        work_experience,
        family_size,
        {{ rejection_columns(rules, raw_columns) }}
    from judged
)

select * from final
