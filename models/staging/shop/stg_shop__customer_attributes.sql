with

customers as (
    select * from {{ ref('stg_shop__customers') }}
),

final as (
    {{ attribute_rows(
        'customers',
        texts=['gender', 'profession'],
        numbers=['age', 'annual_income', 'spending_score', 'work_experience', 'family_size']
    ) }}
)

select * from final
