with

customers as (
    select * from {{ ref('int_campaign__customers') }}
),

segments as (
    select
        cast(unit_id as integer) as customer_id,
        cluster_id,
        segment_name
    from {{ ref('int_segmentation__customer_segments') }}
    where analysis = 'campaign_customers'
),

final as (
    select
        customers.customer_id,
        segments.cluster_id,
        segments.segment_name,
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
    left join segments on customers.customer_id = segments.customer_id
)

select * from final
