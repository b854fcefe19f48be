{%- set checks = {
    'age is above ' ~ var('max_age'): 'age > ' ~ var('max_age'),
    'birth year lies ahead': 'age < 0',
    'income is far from all others': 'has_outlying_income',
    'income is 0 or negative': 'income <= 0',
    'income is missing and imputed': 'income is null',
    'marital status is none': "marital_status = 'Unknown' and stated_marital_status <> 'Unknown'",
    'repeats another customer in all but the ID': 'is_repeat',
} -%}

with

customers as (
    select * from {{ ref('int_campaign__customers') }}
),

final as (
    {{ customers_with_reasons('customers', checks) }}
)

select * from final
