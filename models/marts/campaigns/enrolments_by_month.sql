with

customers as (
    select * from {{ ref('int_campaign__segmented_customers') }}
),

days as (
    {{ calendar_days('customers', 'enrolment_date', 'enrolment_date') }}
),

months as (
    select distinct cast(date_trunc('month', calendar_date) as date) as month_start_date from days
),

segments as (
    select distinct segment_name from customers
),

enrolments as (
    select
        segment_name,
        cast(date_trunc('month', enrolment_date) as date) as month_start_date,
        count(*) as enrolled_customers,
        sum(spend_amount) as spend_amount
    from customers
    group by segment_name, date_trunc('month', enrolment_date)
),

final as (
    select
        months.month_start_date,
        segments.segment_name,
        coalesce(enrolments.enrolled_customers, 0) as enrolled_customers,
        cast(coalesce(enrolments.spend_amount, 0) as decimal(18, 2)) as spend_amount,
        cast(enrolments.spend_amount as double) / enrolments.enrolled_customers as spend_per_customer
    from months
    cross join segments
    left join enrolments
        on months.month_start_date = enrolments.month_start_date and segments.segment_name = enrolments.segment_name
)

select * from final
