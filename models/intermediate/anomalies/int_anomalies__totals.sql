with

daily_totals as (
    select * from {{ ref('int_products__daily_totals') }}
),

usual_amounts as (
    select
        dataset,
        receipt_date,
        sum(usual_amount) as usual_amount
    from {{ ref('int_anomalies__usual_amounts') }}
    group by dataset, receipt_date
),

days as (
    select
        daily_totals.*,
        usual_amounts.usual_amount,
        cast(date_trunc('week', daily_totals.receipt_date) as date) as week_start_date,
        min(daily_totals.receipt_date) over (partition by daily_totals.dataset) as first_date,
        max(daily_totals.receipt_date) over (partition by daily_totals.dataset) as last_date
    from daily_totals
    inner join usual_amounts
        on daily_totals.dataset = usual_amounts.dataset and daily_totals.receipt_date = usual_amounts.receipt_date
),

-- A week counts from Monday to Sunday; the first and the last one of a file are seldom whole.
periods as (
    select
        *,
        'day' as level,
        receipt_date as period_start_date
    from days
    union all
    select
        *,
        'week' as level,
        week_start_date as period_start_date
    from days
    where week_start_date >= first_date and week_start_date + 6 <= last_date
),

final as (
    select
        dataset,
        level,
        period_start_date,
        count(*) as trading_days,
        cast(sum(receipts) as bigint) as receipts,
        cast(sum(customers) as bigint) as customers,
        cast(sum(lines) as bigint) as lines,
        cast(sum(units) as decimal(18, 3)) as units,
        cast(sum(sales_amount) as decimal(18, 2)) as sales_amount,
        cast(sum(usual_amount) as decimal(38, 7)) as usual_amount
    from periods
    group by dataset, level, period_start_date
)

select * from final
