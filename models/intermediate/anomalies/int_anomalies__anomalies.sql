with

found as (
    select * from {{ ref('series_anomalies') }}
),

stores as (
    select * from {{ ref('stores') }}
),

final as (
    select
        found.dataset,
        found.kind || ' of ' || found.measure || ' by ' || found.level || coalesce(' ' || stores.store_id, '')
        || ' from ' || cast(found.first_date as date) as anomaly_id,
        found.level,
        stores.store_id,
        found.measure,
        found.kind,
        cast(found.first_date as date) as first_date,
        cast(found.last_date as date) as last_date,
        cast(found.periods as integer) as periods,
        found.observed as observed_value,
        found.expected as expected_value,
        round(found.observed / found.expected - 1, 9) as deviation_share,
        found.z_score,
        found.q_value
    from found
    left join stores on found.store_key = stores.store_key
    where
        found.q_value < {{ var('significance_level') }}
        and abs(found.observed / found.expected - 1) >= {{ var('notable_difference') }}
)

select * from final
