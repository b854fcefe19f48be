{%- set attributes = [
    'birth_year', 'education', 'marital_status', 'stated_marital_status', 'country'
] -%}
{%- set measures = ['income'] + (campaign_amounts().values() | list) + (campaign_counts().values() | list)
    + (campaign_answers().values() | list) + ['has_complained'] -%}

with

customers as (
    select * from {{ ref('base_campaign__customers') }}
),

final as (
    select
        -- keys
        customer_id,

        -- attributes
        {{ attributes | join(',\n        ') }},
        {{ row_of_repeat('customer_id', attributes + measures + ['enrolment_date']) }} > 1 as is_repeat,

        -- measures
        {{ measures | join(',\n        ') }},

        -- dates
        enrolment_date
    from customers
    where rejection_reason is null
)

select * from final
