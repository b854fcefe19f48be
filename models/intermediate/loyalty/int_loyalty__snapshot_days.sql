with

days as (
    select
        dataset,
        min(first_purchase_date) as first_day,
        max(last_purchase_date) as last_day
    from {{ ref('int_loyalty__customer_purchases') }}
    group by dataset
),

snapshots as (
    select
        'fit' as snapshot,
        2 as horizons_ago
    union all
    select
        'check' as snapshot,
        1 as horizons_ago
    union all
    select
        'now' as snapshot,
        0 as horizons_ago
),

dated as (
    select
        days.dataset,
        snapshots.snapshot,
        snapshots.horizons_ago,
        days.last_day - snapshots.horizons_ago * {{ var('lapse_horizon_days') }} as snapshot_date,
        {{ days_between('days.first_day', 'days.last_day') }} + 1 as days_covered
    from days
    cross join snapshots
),

final as (
    select
        dataset,
        snapshot,
        snapshot_date,
        case
            when horizons_ago = 0 then snapshot_date
            else snapshot_date + {{ var('lapse_horizon_days') }}
        end as horizon_date,
        days_covered
    from dated
    -- Before the first snapshot lies a horizon, too: from less nobody's habits can be seen.
    where snapshot = 'now' or days_covered >= 3 * {{ var('lapse_horizon_days') }}
)

select * from final
