-- What was known of each customer on three days: the last one of the data, one horizon before it and two horizons
-- before it. For the earlier two the data say who bought again within the horizon that followed.
with

receipts as (
    select * from {{ ref('int_products__receipts') }}
    where customer_key is not null
),

visits as (
    select
        dataset,
        customer_key,
        receipt_date,
        count(*) as receipts,
        sum(sales_amount) as sales_amount
    from receipts
    group by dataset, customer_key, receipt_date
),

snapshot_days as (
    select * from {{ ref('int_loyalty__snapshot_days') }}
),

final as (
    select
        snapshot_days.dataset,
        snapshot_days.snapshot,
        visits.customer_key,
        snapshot_days.snapshot_date,
        count(*) filter (where visits.receipt_date <= snapshot_days.snapshot_date) as visits,
        cast(coalesce(
            sum(visits.receipts) filter (where visits.receipt_date <= snapshot_days.snapshot_date), 0
        ) as bigint) as receipts,
        cast(
            sum(visits.sales_amount) filter (where visits.receipt_date <= snapshot_days.snapshot_date)
            as decimal(18, 2)
        ) as sales_amount,
        min(visits.receipt_date) as first_purchase_date,
        max(visits.receipt_date) filter (
            where visits.receipt_date <= snapshot_days.snapshot_date
        ) as last_purchase_date,
        -- After the last day nobody knows yet.
        case
            when snapshot_days.snapshot <> 'now'
                then max(visits.receipt_date) > snapshot_days.snapshot_date
        end as is_active
    from visits
    inner join snapshot_days
        on
            visits.dataset = snapshot_days.dataset
            and visits.receipt_date <= snapshot_days.horizon_date
    group by snapshot_days.dataset, snapshot_days.snapshot, visits.customer_key, snapshot_days.snapshot_date
    having min(visits.receipt_date) <= snapshot_days.snapshot_date
)

select * from final
