-- What each predictor, fitted on the first snapshot, says of the customers of the second.
with

cells as (
    select * from {{ ref('int_loyalty__activity_cells') }}
),

rates as (
    select * from {{ ref('int_loyalty__activity_rates') }}
    where snapshot = 'fit'
),

all_rates as (
    select
        dataset,
        cast(sum(active_customers) as double) / sum(customers) as activity_rate
    from rates
    group by dataset
),

visits_rates as (
    select distinct
        dataset,
        visits_class,
        visits_rate
    from rates
),

rfm_rates as (
    select
        cells.dataset,
        cells.rfm_segment,
        (sum(cells.active_customers) + {{ var('small_count') }} * max(all_rates.activity_rate))
        / (sum(cells.customers) + {{ var('small_count') }}) as activity_rate
    from cells
    inner join all_rates on cells.dataset = all_rates.dataset
    where cells.snapshot = 'fit'
    group by cells.dataset, cells.rfm_segment
),

-- A class that the first snapshot lacks has the rate of the next wider group.
final as (
    select
        cells.dataset,
        cells.visits_class,
        cells.recency_class,
        cells.rfm_segment,
        cells.customers,
        cells.active_customers,
        all_rates.activity_rate as constant_rate,
        coalesce(visits_rates.visits_rate, all_rates.activity_rate) as visits_rate,
        coalesce(
            rates.activity_rate, visits_rates.visits_rate, all_rates.activity_rate
        ) as visits_and_recency_rate,
        coalesce(rfm_rates.activity_rate, all_rates.activity_rate) as rfm_segment_rate
    from cells
    inner join all_rates on cells.dataset = all_rates.dataset
    left join visits_rates on cells.dataset = visits_rates.dataset and cells.visits_class = visits_rates.visits_class
    left join rates
        on
            cells.dataset = rates.dataset
            and cells.visits_class = rates.visits_class
            and cells.recency_class = rates.recency_class
    left join rfm_rates on cells.dataset = rfm_rates.dataset and cells.rfm_segment = rfm_rates.rfm_segment
    where cells.snapshot = 'check'
)

select * from final
