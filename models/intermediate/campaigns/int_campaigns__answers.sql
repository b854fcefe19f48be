with

customers as (
    select * from {{ ref('int_campaigns__customers') }}
),

customer_attributes as (
    select * from {{ ref('customer_attributes') }}
),

answers as (
    select
        customer_key,
        nullif({{ extract_regex('attribute', '^accepted_campaign_([0-9]+)$', 1) }}, '') as campaign_number,
        number_value = 1 as has_accepted
    from customer_attributes
),

enrolments as (
    select
        customer_key,
        cast(attribute_value as date) as enrolment_date
    from customer_attributes
    where attribute = 'enrolment_date'
),

final as (
    select
        customers.analysis || ' ' || customers.customer_key || ' ' || answers.campaign_number as answer_id,
        customers.dataset,
        customers.analysis,
        customers.customer_key,
        cast(answers.campaign_number as integer) as campaign_number,
        customers.cluster_id,
        customers.segment_name,
        enrolments.enrolment_date,
        answers.has_accepted
    from answers
    inner join customers on answers.customer_key = customers.customer_key
    left join enrolments on answers.customer_key = enrolments.customer_key
    where answers.campaign_number is not null
)

select * from final
