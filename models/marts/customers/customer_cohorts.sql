with

months as (
    select * from {{ ref('int_loyalty__months') }}
),

-- Whoever only brought things back has no first purchase, and is in no cohort.
customer_months as (
    select * from {{ ref('int_loyalty__customer_months') }}
    where cohort_start_date is not null
),

-- What came back before the first purchase was bought before the data begin; it counts in the first month.
activity as (
    select
        dataset,
        cohort_start_date,
        greatest(month_start_date, cohort_start_date) as month_start_date,
        count(*) filter (where receipts > 0) as active_customers,
        cast(sum(receipts) as bigint) as receipts,
        cast(sum(sales_amount) as decimal(18, 2)) as sales_amount
    from customer_months
    group by dataset, cohort_start_date, greatest(month_start_date, cohort_start_date)
),

cohorts as (
    select
        activity.dataset,
        activity.cohort_start_date,
        activity.active_customers as customers,
        months.month_number as cohort_number,
        months.has_unknown_past
    from activity
    inner join months
        on activity.dataset = months.dataset and activity.cohort_start_date = months.month_start_date
    where activity.month_start_date = activity.cohort_start_date
),

-- A month in which nobody of the cohort came is a row, too.
followed_months as (
    select
        cohorts.*,
        months.month_start_date,
        months.month_number - cohorts.cohort_number as months_since,
        months.is_complete_month
    from cohorts
    inner join months on cohorts.dataset = months.dataset and cohorts.cohort_number <= months.month_number
),

filled as (
    select
        followed_months.*,
        coalesce(activity.active_customers, 0) as active_customers,
        coalesce(activity.receipts, 0) as receipts,
        coalesce(activity.sales_amount, 0) as sales_amount
    from followed_months
    left join activity
        on
            followed_months.dataset = activity.dataset
            and followed_months.cohort_start_date = activity.cohort_start_date
            and followed_months.month_start_date = activity.month_start_date
),

summed as (
    select
        *,
        sum(sales_amount) over (
            partition by dataset, cohort_start_date
            order by month_start_date nulls last rows between unbounded preceding and current row
        ) as cumulative_sales_amount
    from filled
),

final as (
    select
        dataset,
        cohort_start_date,
        cast(months_since as integer) as months_since,
        month_start_date,
        customers,
        active_customers,
        receipts,
        cast(sales_amount as decimal(18, 2)) as sales_amount,
        cast(active_customers as double) / customers as retained_share,
        cast(cumulative_sales_amount as decimal(18, 2)) as cumulative_sales_amount,
        cast(cumulative_sales_amount as double) / customers as cumulative_sales_per_customer,
        has_unknown_past,
        is_complete_month,
        customers < {{ var('small_count') }} as is_small_count
    from summed
)

select * from final
