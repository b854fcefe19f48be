with

customers as (
    select * from {{ ref('stg_shop__customers') }}
),

final as (
    select
        customer_id,
        'age is 0' as reason
    from customers
    where age = 0
    union all
    select
        customer_id,
        'age is above {{ var("max_age") }}' as reason
    from customers
    where age > {{ var("max_age") }}
    union all
    select
        customer_id,
        'profession of a child below 14' as reason
    from customers
    where age between 1 and 13 and profession <> 'Unknown'
    union all
    select
        customer_id,
        'work experience exceeds the age' as reason
    from customers
    where work_experience > age
    union all
    select
        customer_id,
        'work began before 14' as reason
    from customers
    where work_experience <= age and work_experience > 0 and age - work_experience < 14
    union all
    select
        customer_id,
        'income is 0' as reason
    from customers
    where annual_income = 0
    union all
    select
        customer_id,
        'spending score is outside 1 to 100' as reason
    from customers
    where spending_score not between 1 and 100
    union all
    select
        customer_id,
        'family size is 0' as reason
    from customers
    where family_size < 1
    union all
    select
        customer_id,
        'profession is missing' as reason
    from customers
    where profession = 'Unknown'
)

select * from final
