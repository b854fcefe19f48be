with

anomalies as (
    select
        *,
        coalesce(last_date, first_date) as end_date,
        abs(z_score) + case when level = 'day' then 1000000 else 0 end as strength
    from {{ ref('int_anomalies__anomalies') }}
    where level in ('day', 'week') and measure <> 'price_level'
),

-- What several measures, and days and weeks, say of the same time is one event. Prices that fall are what promotions
-- are found by.
compared as (
    select
        *,
        max(end_date) over (
            partition by dataset
            order by first_date nulls last, end_date nulls last, anomaly_id nulls last
            rows between unbounded preceding and 1 preceding
        ) as latest_before
    from anomalies
),

numbered as (
    select
        *,
        sum(case when first_date <= latest_before then 0 else 1 end) over (
            partition by dataset
            order by first_date nulls last, end_date nulls last, anomaly_id nulls last
            rows between unbounded preceding and current row
        ) as event_number
    from compared
),

-- Where every receipt is of another customer, receipts and customers are off alike.
ranked as (
    select
        *,
        row_number() over (
            partition by dataset, event_number
            order by round(strength, 6) desc nulls last, anomaly_id nulls last
        ) as strength_rank
    from numbered
),

-- Days say more exactly than weeks when it was.
final as (
    select
        dataset,
        cast(event_number as integer) as event_number,
        coalesce(min(first_date) filter (where level = 'day'), min(first_date)) as first_date,
        case
            when count(*) filter (where last_date is null) = 0
                then coalesce(max(last_date) filter (where level = 'day'), max(last_date))
        end as last_date,
        min_by(anomaly_id, strength_rank) as strongest_anomaly_id,
        min_by(measure, strength_rank) as strongest_measure,
        min_by(deviation_share, strength_rank) as strongest_deviation_share,
        min_by(deviation_share, strength_rank) filter (where measure = 'sales_amount') as sales_deviation_share
    from ranked
    group by dataset, event_number
)

select * from final
