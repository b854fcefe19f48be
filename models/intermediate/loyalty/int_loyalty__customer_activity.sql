with

classes as (
    select * from {{ ref('int_loyalty__activity_classes') }}
    where snapshot = 'now'
),

rates as (
    select * from {{ ref('int_loyalty__activity_rates') }}
    where snapshot = 'check'
),

visits_rates as (
    select distinct
        dataset,
        visits_class,
        visits_rate
    from rates
),

all_rates as (
    select
        dataset,
        cast(sum(active_customers) as double) / sum(customers) as activity_rate
    from rates
    group by dataset
),

diagnostics as (
    select * from {{ ref('int_loyalty__lapse_diagnostics') }}
    where predictor = 'visits and recency'
),

rated as (
    select
        classes.customer_key,
        classes.dataset,
        classes.visits,
        classes.purchase_interval_days,
        classes.relative_recency,
        coalesce(visits_rates.visits_rate, all_rates.activity_rate) as visits_rate,
        coalesce(rates.activity_rate, visits_rates.visits_rate, all_rates.activity_rate) as recency_rate,
        diagnostics.is_better_than_visits
    from classes
    inner join diagnostics on classes.dataset = diagnostics.dataset
    left join all_rates on classes.dataset = all_rates.dataset
    left join visits_rates
        on classes.dataset = visits_rates.dataset and classes.visits_class = visits_rates.visits_class
    left join rates
        on
            classes.dataset = rates.dataset
            and classes.visits_class = rates.visits_class
            and classes.recency_class = rates.recency_class
),

-- Where recency tells no more than the number of visits, the number of visits is the answer, and nobody is lapsing.
final as (
    select
        customer_key,
        dataset,
        visits,
        purchase_interval_days,
        case when is_better_than_visits then recency_rate else visits_rate end as active_probability,
        visits_rate as visits_probability,
        case
            when visits_rate is not null
                then is_better_than_visits and recency_rate <= {{ var('lapse_ratio') }} * visits_rate
        end as is_lapsing
    from rated
)

select * from final
