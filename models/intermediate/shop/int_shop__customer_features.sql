with

customers as (
    select * from {{ ref('stg_shop__customers') }}
),

final as (
    select
        cast(customer_id as {{ dbt.type_string() }}) as unit_id,
        customer_id,
        1 as customers,
        cast(age as double) as age,
        cast(annual_income as double) as annual_income,
        cast(spending_score as double) as spending_score,
        cast(work_experience as double) as work_experience,
        cast(family_size as double) as family_size,
        gender,
        profession,
        {{ is_in_fit_sample('shop_customers', 'customer_id') }} as is_fitted
    from customers
)

select * from final
