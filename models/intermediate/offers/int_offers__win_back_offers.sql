with

customers as (
    select * from {{ ref('int_campaigns__customers') }}
),

lapsing_customers as (
    select * from {{ ref('int_loyalty__customer_activity') }}
    where is_lapsing
),

counted as (
    select
        customers.dataset,
        customers.analysis,
        customers.segment_name,
        count(*) as expected_reach,
        avg(lapsing_customers.active_probability) as active_probability,
        avg(lapsing_customers.visits_probability) as visits_probability
    from lapsing_customers
    inner join customers on lapsing_customers.customer_key = customers.customer_key
    group by customers.dataset, customers.analysis, customers.segment_name
    having count(*) >= {{ var('small_count') }}
),

final as (
    select
        dataset,
        analysis,
        segment_name,
        'win back' as offer_type,
        'lapsing customers' as target,
        'A voucher for the next purchase, for the customers who have stayed away for too long by their own habits.'
            as offer,
        'chance of coming back, against as many visits' as metric_name,
        round(active_probability / visits_probability, 9) as metric_value,
        cast(null as double) as q_value,
        expected_reach,
        round(active_probability, 9) as anyway_share,
        'buy again within {{ var("lapse_horizon_days") }} days' as outcome,
        {{ format_share('active_probability') }} || ' of them are expected to come back without a voucher.' as cost,
        {{ format_count('expected_reach') }} || ' customers have been away so long that '
        || {{ format_share('active_probability') }}
        || ' are expected back within {{ var("lapse_horizon_days") }} days, '
        || 'against ' || {{ format_share('visits_probability') }} || ' of all who came as often.' as reason
    from counted
)

select * from final
