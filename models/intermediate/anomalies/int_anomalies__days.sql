with

anomalies as (
    select * from {{ ref('int_anomalies__anomalies') }}
),

days as (
    select
        dataset,
        period_start_date as receipt_date
    from {{ ref('int_anomalies__totals') }}
    where level = 'day'
),

-- A level that stays is the new usual. Prices that fall are what promotions are found by.
final as (
    select distinct
        days.dataset,
        days.receipt_date
    from days
    inner join anomalies
        on days.dataset = anomalies.dataset and days.receipt_date between anomalies.first_date and anomalies.last_date
    where
        anomalies.level = 'day'
        and anomalies.measure <> 'price_level'
        and {{ days_between('anomalies.first_date', 'anomalies.last_date') }} < {{ var('anomaly_max_days') }}
)

select * from final
