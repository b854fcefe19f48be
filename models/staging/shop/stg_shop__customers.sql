with

customers as (
    select * from {{ ref('base_shop__customers') }}
),

final as (
    select
        -- keys
        customer_id,

        -- attributes
        gender,
        profession,

        -- measures
        age,
        annual_income,
        spending_score,
        work_experience,
        family_size
    from customers
    where rejection_reason is null
)

select * from final
