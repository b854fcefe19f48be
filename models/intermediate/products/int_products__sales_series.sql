-- Weeks that are whole, and whole months, from the first sale of a member to the last of its dataset.
with

member_days as (
    select * from {{ ref('int_products__member_days') }}
),

daily_totals as (
    select * from {{ ref('int_products__daily_totals') }}
),

unusual_days as (
    select * from {{ ref('int_anomalies__days') }}
),

calendar_days as (
    select * from {{ ref('calendar_days') }}
),

months as (
    select * from {{ ref('int_loyalty__months') }}
    where is_complete_month
),

data_ends as (
    select
        dataset,
        min(receipt_date) as first_date,
        max(receipt_date) as last_date
    from daily_totals
    group by dataset
),

period_days as (
    select
        data_ends.dataset,
        'week' as period_type,
        calendar_days.week_start_date as period_start_date,
        calendar_days.calendar_date
    from data_ends
    inner join calendar_days
        on
            data_ends.first_date <= calendar_days.week_start_date
            and data_ends.last_date >= calendar_days.week_start_date + 6
    union all
    select
        months.dataset,
        'month' as period_type,
        months.month_start_date as period_start_date,
        calendar_days.calendar_date
    from months
    inner join calendar_days on months.month_start_date = calendar_days.month_start_date
),

judged_days as (
    select
        period_days.*,
        daily_totals.receipt_date is not null as is_trading_day,
        daily_totals.receipt_date is not null and unusual_days.receipt_date is null as is_usual_day
    from period_days
    left join daily_totals
        on period_days.dataset = daily_totals.dataset and period_days.calendar_date = daily_totals.receipt_date
    left join unusual_days
        on period_days.dataset = unusual_days.dataset and period_days.calendar_date = unusual_days.receipt_date
),

periods as (
    select
        dataset,
        period_type,
        period_start_date,
        max(calendar_date) as period_end_date,
        count(*) as days,
        count(*) filter (where is_trading_day) as trading_days,
        count(*) filter (where is_usual_day) as usual_days
    from judged_days
    group by dataset, period_type, period_start_date
),

members as (
    select
        dataset,
        level,
        member,
        min(receipt_date) as first_date
    from member_days
    group by dataset, level, member
),

sums as (
    select
        member_days.dataset,
        member_days.level,
        member_days.member,
        judged_days.period_type,
        judged_days.period_start_date,
        sum(member_days.sales_amount) as sales_amount,
        sum(member_days.sales_amount) filter (where judged_days.is_usual_day) as usual_amount
    from member_days
    inner join judged_days
        on member_days.dataset = judged_days.dataset and member_days.receipt_date = judged_days.calendar_date
    group by
        member_days.dataset, member_days.level, member_days.member, judged_days.period_type,
        judged_days.period_start_date
),

final as (
    select
        members.dataset,
        members.level,
        members.member,
        periods.period_type,
        periods.period_start_date,
        cast(periods.days as integer) as days,
        cast(coalesce(sums.sales_amount, 0) as decimal(18, 2)) as sales_amount,
        case
            when periods.usual_days > 0
                then cast(coalesce(sums.usual_amount, 0) as double) * periods.trading_days / periods.usual_days
        end as usual_sales_amount
    from members
    inner join periods on members.dataset = periods.dataset and members.first_date <= periods.period_end_date
    left join sums
        on
            members.dataset = sums.dataset
            and members.level = sums.level
            and members.member = sums.member
            and periods.period_type = sums.period_type
            and periods.period_start_date = sums.period_start_date
)

select * from final
