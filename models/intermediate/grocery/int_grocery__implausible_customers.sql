{%- set checks = {
    'age is above ' ~ var('max_age'): 'age > ' ~ var('max_age'),
    'birth date lies ahead': 'age < 0',
    'first year lies ahead': 'is_first_year_ahead',
    'first year is a placeholder': 'is_first_year_placeholder',
    'promotion share is outside 0 to 1': 'is_promotion_share_clipped',
    'loyalty card is shared': 'is_loyalty_card_shared',
} -%}
{%- for target in ['age', 'promotion_share'] + grocery_counts().values() | list + grocery_amounts().values() | list -%}
    {%- do checks.update({target | replace('_', ' ') ~ ' is missing and imputed': target ~ ' is null'}) -%}
{%- endfor -%}
{%- do checks.update({
    'tenure years is missing and imputed':
        'tenure_years is null and not is_first_year_ahead and not is_first_year_placeholder',
}) %}

with

customers as (
    select * from {{ ref('int_grocery__customers') }}
),

final as (
    {{ customers_with_reasons('customers', checks) }}
)

select * from final
