with

customers as (
    select * from {{ ref('int_campaigns__customers') }}
),

customer_attributes as (
    select * from {{ ref('customer_attributes') }}
),

calendar_days as (
    select * from {{ ref('calendar_days') }}
),

amounts as (
    select
        analysis,
        measure
    from {{ ref('int_segmentation__measures') }}
    where part_of is not null
),

spends as (
    select
        customers.analysis,
        customers.customer_key,
        sum(cast(customer_attributes.number_value as decimal(18, 2))) as spend_amount
    from customers
    inner join amounts on customers.analysis = amounts.analysis
    inner join customer_attributes
        on
            customers.customer_key = customer_attributes.customer_key
            and amounts.measure = customer_attributes.attribute
    group by customers.analysis, customers.customer_key
),

enrolled as (
    select
        customers.dataset,
        customers.analysis,
        customers.segment_name,
        cast(customer_attributes.attribute_value as date) as enrolment_date,
        spends.spend_amount
    from customers
    inner join customer_attributes
        on
            customers.customer_key = customer_attributes.customer_key
            and customer_attributes.attribute = 'enrolment_date'
    left join spends on customers.analysis = spends.analysis and customers.customer_key = spends.customer_key
),

spans as (
    select
        analysis,
        min(enrolment_date) as first_date,
        max(enrolment_date) as last_date
    from enrolled
    group by analysis
),

months as (
    select distinct
        spans.analysis,
        cast(date_trunc('month', calendar_days.calendar_date) as date) as month_start_date
    from spans
    inner join calendar_days on calendar_days.calendar_date between spans.first_date and spans.last_date
),

segments as (
    select distinct
        dataset,
        analysis,
        segment_name
    from enrolled
),

enrolments as (
    select
        analysis,
        segment_name,
        cast(date_trunc('month', enrolment_date) as date) as month_start_date,
        count(*) as enrolled_customers,
        sum(spend_amount) as spend_amount
    from enrolled
    group by analysis, segment_name, date_trunc('month', enrolment_date)
),

final as (
    select
        segments.dataset,
        segments.analysis,
        months.month_start_date,
        segments.segment_name,
        coalesce(enrolments.enrolled_customers, 0) as enrolled_customers,
        cast(coalesce(enrolments.spend_amount, 0) as decimal(18, 2)) as spend_amount,
        cast(enrolments.spend_amount as double) / enrolments.enrolled_customers as spend_per_customer
    from segments
    inner join months on segments.analysis = months.analysis
    left join enrolments
        on
            segments.analysis = enrolments.analysis
            and segments.segment_name = enrolments.segment_name
            and months.month_start_date = enrolments.month_start_date
)

select * from final
