with

receipts as (
    select * from {{ ref('int_products__receipts') }}
),

usual_amounts as (
    select * from {{ ref('int_anomalies__usual_amounts') }}
),

trading_days as (
    select
        dataset,
        receipt_date,
        min(receipt_date) over (partition by dataset) as first_date,
        max(receipt_date) over (partition by dataset) as last_date
    from receipts
    group by dataset, receipt_date
),

-- A week counts from Monday to Sunday; the first and the last one of a file are seldom whole.
periods as (
    select
        dataset,
        'day' as level,
        receipt_date,
        receipt_date as period_start_date
    from trading_days
    union all
    select
        dataset,
        'week' as level,
        receipt_date,
        cast(date_trunc('week', receipt_date) as date) as period_start_date
    from trading_days
    where
        cast(date_trunc('week', receipt_date) as date) >= first_date
        and cast(date_trunc('week', receipt_date) as date) + 6 <= last_date
),

period_lengths as (
    select
        dataset,
        level,
        period_start_date,
        count(*) as trading_days
    from periods
    group by dataset, level, period_start_date
),

receipt_totals as (
    select
        receipts.dataset,
        periods.level,
        periods.period_start_date,
        count(*) as receipts,
        count(distinct receipts.customer_key) as customers,
        sum(receipts.lines) as lines,
        sum(receipts.units) as units,
        sum(receipts.sales_amount) as sales_amount
    from receipts
    inner join periods on receipts.dataset = periods.dataset and receipts.receipt_date = periods.receipt_date
    group by receipts.dataset, periods.level, periods.period_start_date
),

amounts as (
    select
        usual_amounts.dataset,
        periods.level,
        periods.period_start_date,
        sum(usual_amounts.usual_amount) as usual_amount
    from usual_amounts
    inner join periods
        on usual_amounts.dataset = periods.dataset and usual_amounts.receipt_date = periods.receipt_date
    group by usual_amounts.dataset, periods.level, periods.period_start_date
),

final as (
    select
        receipt_totals.dataset,
        receipt_totals.level,
        receipt_totals.period_start_date,
        period_lengths.trading_days,
        receipt_totals.receipts,
        receipt_totals.customers,
        receipt_totals.lines,
        receipt_totals.units,
        receipt_totals.sales_amount,
        amounts.usual_amount
    from receipt_totals
    inner join period_lengths
        on
            receipt_totals.dataset = period_lengths.dataset
            and receipt_totals.level = period_lengths.level
            and receipt_totals.period_start_date = period_lengths.period_start_date
    inner join amounts
        on
            receipt_totals.dataset = amounts.dataset
            and receipt_totals.level = amounts.level
            and receipt_totals.period_start_date = amounts.period_start_date
)

select * from final
