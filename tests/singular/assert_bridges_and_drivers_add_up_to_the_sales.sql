-- The groups of a bridge add up to the counted sales of both periods, and what drivers contribute to the change: to the
-- cent. A comparison whose drivers explain nothing has none to add up.
with

sales as (
    select
        dataset,
        cast(date_trunc('month', receipt_date) as date) as month_start_date,
        make_date(year(receipt_date), case when month(receipt_date) < 7 then 1 else 7 end, 1) as half_year_start_date,
        sales_amount
    from {{ ref('int_products__sales_lines') }}
),

period_sales as (
    select
        dataset,
        false as is_half_year,
        month_start_date as start_date,
        sum(sales_amount) as sales_amount
    from sales
    group by dataset, month_start_date
    union all
    select
        dataset,
        true as is_half_year,
        half_year_start_date as start_date,
        sum(sales_amount) as sales_amount
    from sales
    group by dataset, half_year_start_date
),

bridges as (
    select
        dataset,
        comparison,
        period_start_date,
        previous_start_date,
        comparison = 'half year to half year' as is_half_year,
        sum(previous_sales_amount) as previous_sales_amount,
        sum(sales_amount) as sales_amount,
        sum(change_amount) as change_amount
    from {{ ref('sales_bridge') }}
    group by dataset, comparison, period_start_date, previous_start_date
),

drivers as (
    select
        dataset,
        comparison,
        period_start_date,
        case when count(contribution_amount) = count(*) then sum(contribution_amount) end as change_amount
    from {{ ref('sales_drivers') }}
    where level = 'all'
    group by dataset, comparison, period_start_date
)

select
    bridges.*,
    drivers.change_amount as drivers_change_amount
from bridges
left join drivers
    on
        bridges.dataset = drivers.dataset
        and bridges.comparison = drivers.comparison
        and bridges.period_start_date = drivers.period_start_date
left join period_sales
    on
        bridges.dataset = period_sales.dataset
        and bridges.is_half_year = period_sales.is_half_year
        and bridges.period_start_date = period_sales.start_date
left join period_sales as previous_sales
    on
        bridges.dataset = previous_sales.dataset
        and bridges.is_half_year = previous_sales.is_half_year
        and bridges.previous_start_date = previous_sales.start_date
where
    bridges.sales_amount <> coalesce(period_sales.sales_amount, 0)
    or bridges.previous_sales_amount <> coalesce(previous_sales.sales_amount, 0)
    or bridges.change_amount <> bridges.sales_amount - bridges.previous_sales_amount
    or drivers.dataset is null
    or coalesce(drivers.change_amount, bridges.change_amount) <> bridges.change_amount
