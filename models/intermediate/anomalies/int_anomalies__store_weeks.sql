with

receipts as (
    select
        *,
        cast(date_trunc('week', receipt_date) as date) as week_start_date
    from {{ ref('int_products__receipts') }}
),

usual_amounts as (
    select
        *,
        cast(date_trunc('week', receipt_date) as date) as week_start_date
    from {{ ref('int_anomalies__usual_amounts') }}
),

watched_stores as (
    select * from {{ ref('int_anomalies__watched_stores') }}
),

weeks as (
    select * from {{ ref('int_anomalies__totals') }}
    where level = 'week'
),

receipt_totals as (
    select
        receipts.store_key,
        receipts.week_start_date,
        count(*) as receipts,
        count(distinct receipts.customer_key) as customers,
        sum(receipts.lines) as lines,
        sum(receipts.units) as units,
        sum(receipts.sales_amount) as sales_amount
    from receipts
    inner join watched_stores on receipts.store_key = watched_stores.store_key
    group by receipts.store_key, receipts.week_start_date
),

amounts as (
    select
        store_key,
        week_start_date,
        sum(usual_amount) as usual_amount
    from usual_amounts
    group by store_key, week_start_date
),

-- A week without a sale in a store that goes on selling counts as nothing sold.
final as (
    select
        weeks.dataset,
        'store week' as level,
        watched_stores.store_key,
        weeks.period_start_date,
        weeks.trading_days,
        coalesce(receipt_totals.receipts, 0) as receipts,
        coalesce(receipt_totals.customers, 0) as customers,
        coalesce(receipt_totals.lines, 0) as lines,
        coalesce(receipt_totals.units, 0) as units,
        coalesce(receipt_totals.sales_amount, 0) as sales_amount,
        amounts.usual_amount
    from watched_stores
    inner join weeks
        on
            watched_stores.dataset = weeks.dataset
            and watched_stores.first_date <= weeks.period_start_date
            and watched_stores.last_date >= weeks.period_start_date + 6
    left join receipt_totals
        on
            watched_stores.store_key = receipt_totals.store_key
            and weeks.period_start_date = receipt_totals.week_start_date
    left join amounts
        on
            watched_stores.store_key = amounts.store_key
            and weeks.period_start_date = amounts.week_start_date
)

select * from final
