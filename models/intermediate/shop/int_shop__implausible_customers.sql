{%- set checks = {
    'age is 0': 'age = 0',
    'age is above 110': 'age > 110',
    'profession of a child below 14': "age between 1 and 13 and profession <> 'Unknown'",
    'work experience exceeds the age': 'work_experience > age',
    'work began before 14': 'work_experience <= age and work_experience > 0 and age - work_experience < 14',
    'income is 0': 'annual_income = 0',
    'spending score is outside 1 to 100': 'spending_score not between 1 and 100',
    'family size is 0': 'family_size < 1',
    'profession is missing': "profession = 'Unknown'",
} -%}

with

customers as (
    select * from {{ ref('stg_shop__customers') }}
),

final as (
    {{ customers_with_reasons('customers', checks) }}
)

select * from final
