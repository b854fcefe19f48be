-- A rate of few customers is chance. It is drawn towards the rate of all who came as often, as if small_count customers
-- more had come back like these.
with

cells as (
    select * from {{ ref('int_loyalty__activity_cells') }}
),

counted as (
    select
        dataset,
        snapshot,
        visits_class,
        recency_class,
        cast(sum(customers) as bigint) as customers,
        cast(sum(active_customers) as bigint) as active_customers
    from cells
    group by dataset, snapshot, visits_class, recency_class
),

by_visits as (
    select
        *,
        cast(sum(active_customers) over (partition by dataset, snapshot, visits_class) as double)
        / sum(customers) over (partition by dataset, snapshot, visits_class) as visits_rate
    from counted
),

final as (
    select
        dataset,
        snapshot,
        visits_class,
        recency_class,
        customers,
        active_customers,
        visits_rate,
        (active_customers + {{ var('small_count') }} * visits_rate)
        / (customers + {{ var('small_count') }}) as activity_rate
    from by_visits
)

select * from final
