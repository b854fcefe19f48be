with

last_days as (
    select * from {{ ref('int_loyalty__snapshots') }}
    where snapshot = 'now'
),

rfm as (
    select * from {{ ref('int_loyalty__customer_rfm') }}
),

rfm_since as (
    select * from {{ ref('int_loyalty__rfm_since') }}
),

classes as (
    select * from {{ ref('int_loyalty__activity_classes') }}
    where snapshot = 'now'
),

activity as (
    select * from {{ ref('int_loyalty__customer_activity') }}
),

scored as (
    select
        rfm.customer_key,
        rfm.rfm_segment,
        rfm.is_loyal,
        coalesce(rfm_since.rfm_segment_since_date, last_days.snapshot_date) as rfm_segment_since_date,
        coalesce(rfm_since.loyal_since_date, last_days.snapshot_date) as loyal_since_date,
        'Last receipt on ' || cast(last_days.last_purchase_date as {{ dbt.type_string() }}) || ', '
        || {{ format_count('last_days.receipts') }}
        || case when last_days.receipts = 1 then ' receipt' else ' receipts' end || ', '
        || {{ format_ratio('last_days.sales_amount') }} || ' in all: scores ' || rfm.r_score || ' for recency, '
        || rfm.f_score || ' for frequency and ' || rfm.m_score || ' for spend, of 5.' as reason
    from rfm
    inner join last_days on rfm.customer_key = last_days.customer_key
    left join rfm_since on rfm.customer_key = rfm_since.customer_key
),

rfm_segments as (
    select
        'rfm' as audience_type,
        'RFM: ' || rfm_segment as audience,
        customer_key,
        reason,
        rfm_segment_since_date as since_date
    from scored
),

loyal_customers as (
    select
        'loyal' as audience_type,
        'Loyal customers' as audience,
        customer_key,
        reason,
        loyal_since_date as since_date
    from scored
    where is_loyal
),

days_away as (
    select
        classes.customer_key,
        classes.recency_class,
        classes.relative_recency,
        classes.purchase_interval_days,
        last_days.last_purchase_date,
        {{ days_between('last_days.last_purchase_date', 'last_days.snapshot_date') }} as days_away
    from classes
    inner join last_days on classes.customer_key = last_days.customer_key
),

-- The usual interval of all stands in for who came once; rounded, because it comes out of a quotient.
away as (
    select
        *,
        coalesce(purchase_interval_days, round(days_away / nullif(relative_recency, 0), 6), 0) as interval_days,
        coalesce(
            'Came every ' || {{ format_count('purchase_interval_days') }} || ' days, last on ', 'Came once, on '
        ) || cast(last_purchase_date as {{ dbt.type_string() }}) as last_visit
    from days_away
),

lapsing_customers as (
    select
        'lapsing' as audience_type,
        'Lapsing customers' as audience,
        away.customer_key,
        away.last_visit || ': ' || {{ format_share('activity.active_probability') }}
        || ' of such customers come back within {{ var("lapse_horizon_days") }} days, against '
        || {{ format_share('activity.visits_probability') }}
        || ' of all who came as often.' as reason,
        -- The day on which the time away passed the lower limit of its class.
        away.last_purchase_date + case
            when away.recency_class = 1 then 0
            else cast(floor(
                away.interval_days * case away.recency_class when 2 then 1 when 4 then 2 else 4 end
            ) as integer) + 1
        end as since_date
    from away
    inner join activity on away.customer_key = activity.customer_key
    where activity.is_lapsing
),

-- Away for longer than the horizon and longer than usual: who comes twice a year is no lapsed customer after a quarter.
lapsed_customers as (
    select
        'lapsed' as audience_type,
        'Lapsed customers' as audience,
        customer_key,
        last_visit || ', ' || {{ format_count('days_away') }} || ' days before the last day of the sales.' as reason,
        last_purchase_date + cast(floor(greatest(
            {{ var('lapse_horizon_days') }}, interval_days
        )) as integer) + 1 as since_date
    from away
    where days_away > {{ var('lapse_horizon_days') }} and coalesce(relative_recency > 1, true)
),

final as (
    select * from rfm_segments
    union all
    select * from loyal_customers
    union all
    select * from lapsing_customers
    union all
    select * from lapsed_customers
)

select * from final
