with

customers as (
    select * from {{ ref('int_campaign__customers') }}
),

scores as (
    select * from {{ ref('int_campaign__customer_scores') }}
),

names as (
    select * from {{ ref('int_campaign__customer_names') }}
),

final as (
    select
        customers.customer_id,
        scores.cluster_id,
        names.segment_name,
        {%- for name in campaign_amounts().values() %}
        customers.{{ name }},
        {%- endfor %}
        {%- for channel in campaign_channels() %}
        customers.{{ channel }}_purchases,
        {%- endfor %}
        {%- for name in campaign_answers().values() %}
        customers.{{ name }},
        {%- endfor %}
        customers.spend_amount,
        customers.enrolment_date
    from customers
    left join scores on customers.customer_id = scores.customer_id
    left join names on scores.cluster_id = names.cluster_id
)

select * from final
