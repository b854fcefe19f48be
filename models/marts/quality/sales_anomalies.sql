with

anomalies as (
    select * from {{ ref('int_anomalies__anomalies') }}
),

final as (
    select
        dataset,
        anomaly_id,
        level,
        store_id,
        measure,
        kind,
        first_date,
        last_date,
        periods,
        observed_value,
        expected_value,
        deviation_share,
        z_score,
        q_value
    from anomalies
)

select * from final
