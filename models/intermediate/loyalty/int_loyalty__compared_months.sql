with

months as (
    select * from {{ ref('int_loyalty__months') }}
),

-- A month is a period of its own, and a part of a half year.
period_months as (
    select
        dataset,
        'month' as period_type,
        month_number as period_number,
        month_start_date as period_start_date,
        1 as months_of_period,
        month_number,
        month_start_date,
        is_complete_month
    from months
    union all
    select
        dataset,
        'half year' as period_type,
        2 * year(month_start_date) + case when month(month_start_date) <= 6 then 0 else 1 end as period_number,
        make_date(year(month_start_date), case when month(month_start_date) <= 6 then 1 else 7 end, 1)
            as period_start_date,
        6 as months_of_period,
        month_number,
        month_start_date,
        is_complete_month
    from months
),

periods as (
    select
        dataset,
        period_type,
        period_number,
        period_start_date,
        max(month_number) as last_month_number,
        count(*) filter (where is_complete_month) = max(months_of_period) as is_complete
    from period_months
    group by dataset, period_type, period_number, period_start_date
),

comparisons as (
    select
        'month to month' as comparison,
        'month' as period_type,
        1 as steps
    union all
    select
        'month to month a year before' as comparison,
        'month' as period_type,
        12 as steps
    union all
    select
        'half year to half year' as comparison,
        'half year' as period_type,
        1 as steps
),

-- New customers first bought after the previous period: the month after it says whether they may be old ones.
pairs as (
    select
        periods.dataset,
        comparisons.comparison,
        comparisons.period_type,
        periods.period_number,
        periods.period_start_date,
        previous.period_number as previous_number,
        previous.period_start_date as previous_start_date,
        periods.is_complete and previous.is_complete as has_complete_periods,
        months.has_unknown_past
    from periods
    inner join comparisons on periods.period_type = comparisons.period_type
    inner join periods as previous
        on
            periods.dataset = previous.dataset
            and periods.period_type = previous.period_type
            and periods.period_number = previous.period_number + comparisons.steps
    inner join months
        on previous.dataset = months.dataset and previous.last_month_number + 1 = months.month_number
),

final as (
    select
        cast(dense_rank() over (
            order by pairs.dataset nulls last, pairs.comparison nulls last, pairs.period_start_date nulls last
        ) as integer) as comparison_key,
        pairs.dataset,
        pairs.comparison,
        pairs.period_start_date,
        pairs.previous_start_date,
        period_months.month_start_date,
        period_months.period_number = pairs.previous_number as is_previous,
        pairs.has_complete_periods,
        pairs.has_unknown_past
    from pairs
    inner join period_months
        on
            pairs.dataset = period_months.dataset
            and pairs.period_type = period_months.period_type
            and period_months.period_number in (pairs.period_number, pairs.previous_number)
)

select * from final
