with

snapshots as (
    select * from {{ ref('int_loyalty__snapshots') }}
),

rfm as (
    select * from {{ ref('int_loyalty__snapshot_rfm') }}
),

intervals as (
    select
        *,
        {{ days_between('last_purchase_date', 'snapshot_date') }} as recency_days,
        cast({{ days_between('first_purchase_date', 'last_purchase_date') }} as double)
        / nullif(visits - 1, 0) as purchase_interval_days
    from snapshots
),

usual_intervals as (
    select
        dataset,
        snapshot,
        median(purchase_interval_days) as usual_interval_days
    from intervals
    group by dataset, snapshot
),

-- Who came once has no interval; the usual one of the dataset stands in.
relative_recencies as (
    select
        intervals.*,
        intervals.recency_days
        / coalesce(intervals.purchase_interval_days, usual_intervals.usual_interval_days) as relative_recency
    from intervals
    inner join usual_intervals
        on intervals.dataset = usual_intervals.dataset and intervals.snapshot = usual_intervals.snapshot
),

final as (
    select
        relative_recencies.dataset,
        relative_recencies.snapshot,
        relative_recencies.customer_key,
        relative_recencies.visits,
        relative_recencies.purchase_interval_days,
        relative_recencies.relative_recency,
        case
            when relative_recencies.visits <= 10 then relative_recencies.visits
            when relative_recencies.visits <= 20 then 20
            when relative_recencies.visits <= 50 then 50
            else 100
        end as visits_class,
        case
            when relative_recencies.relative_recency <= 1 then 1
            when relative_recencies.relative_recency <= 2 then 2
            when relative_recencies.relative_recency <= 4 then 4
            else 100
        end as recency_class,
        rfm.rfm_segment,
        relative_recencies.is_active
    from relative_recencies
    inner join rfm
        on relative_recencies.snapshot = rfm.snapshot and relative_recencies.customer_key = rfm.customer_key
)

select * from final
