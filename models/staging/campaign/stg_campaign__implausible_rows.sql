with

customers as (
    select * from {{ ref('stg_campaign__customers') }}
),

ages as (
    select
        customer_id,
        number_value as age
    from {{ ref('stg_campaign__customer_attributes') }}
    where attribute = 'age'
),

incomes as (
    select
        customer_id,
        abs(income - avg(income) over ()) > {{ var('outlier_z_score') }} * stddev_pop(income) over () as is_far
    from customers
),

final as (
    select
        customer_id,
        'age is above {{ var("max_age") }}' as reason
    from ages
    where age > {{ var("max_age") }}
    union all
    select
        customer_id,
        'birth year lies ahead' as reason
    from ages
    where age < 0
    union all
    select
        customer_id,
        'income is far from all others' as reason
    from incomes
    where is_far
    union all
    select
        customer_id,
        'income is 0 or negative' as reason
    from customers
    where income <= 0
    union all
    select
        customer_id,
        'income is missing and imputed' as reason
    from customers
    where income is null
    union all
    select
        customer_id,
        'marital status is none' as reason
    from customers
    where marital_status = 'Unknown' and stated_marital_status <> 'Unknown'
    union all
    select
        customer_id,
        'repeats another customer in all but the ID' as reason
    from customers
    where is_repeat
)

select * from final
