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

-- Rates can be learned from a part of the customers, the same ones in every build.
learners as (
    select customer_key
    from {{ ref('customers') }}
    where has_receipts
    qualify row_number() over (
        partition by dataset order by md5(customer_id) nulls last, customer_id nulls last
    ) <= {{ var('lapse_sample_customers') }}
),

learners_visits as (
    select visits.*
    from visits
    inner join learners on visits.customer_key = learners.customer_key
),

earlier as (
    select
        snapshot_days.dataset,
        snapshot_days.snapshot,
        visits.customer_key,
        snapshot_days.snapshot_date,
        count(*) filter (where visits.receipt_date <= snapshot_days.snapshot_date) as visits,
        sum(visits.receipts) filter (where visits.receipt_date <= snapshot_days.snapshot_date) as receipts,
        sum(visits.sales_amount) filter (where visits.receipt_date <= snapshot_days.snapshot_date) as sales_amount,
        min(visits.receipt_date) as first_purchase_date,
        max(visits.receipt_date) filter (
            where visits.receipt_date <= snapshot_days.snapshot_date
        ) as last_purchase_date,
        max(visits.receipt_date) > snapshot_days.snapshot_date as is_active
    from learners_visits as visits
    inner join snapshot_days
        on
            visits.dataset = snapshot_days.dataset
            and visits.receipt_date <= snapshot_days.horizon_date
            and snapshot_days.snapshot <> 'now'
    group by snapshot_days.dataset, snapshot_days.snapshot, visits.customer_key, snapshot_days.snapshot_date
    having min(visits.receipt_date) <= snapshot_days.snapshot_date
),

-- After the last day nobody knows yet who comes back.
last_days as (
    select
        visits.dataset,
        'now' as snapshot,
        visits.customer_key,
        max(snapshot_days.snapshot_date) as snapshot_date,
        count(*) as visits,
        sum(visits.receipts) as receipts,
        sum(visits.sales_amount) as sales_amount,
        min(visits.receipt_date) as first_purchase_date,
        max(visits.receipt_date) as last_purchase_date,
        cast(null as boolean) as is_active
    from visits
    inner join snapshot_days on visits.dataset = snapshot_days.dataset and snapshot_days.snapshot = 'now'
    group by visits.dataset, visits.customer_key
),

snapshots as (
    select * from earlier
    union all
    select * from last_days
),

final as (
    select
        dataset,
        snapshot,
        customer_key,
        snapshot_date,
        visits,
        cast(receipts as bigint) as receipts,
        cast(sales_amount as decimal(18, 2)) as sales_amount,
        first_purchase_date,
        last_purchase_date,
        is_active
    from snapshots
)

select * from final
