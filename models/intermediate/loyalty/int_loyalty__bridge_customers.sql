with

compared_months as (
    select * from {{ ref('int_loyalty__compared_months') }}
),

customer_months as (
    select * from {{ ref('int_loyalty__customer_months') }}
),

-- A customer's sales in both periods of a comparison; numbers alone are quick to group by.
customer_periods as (
    select
        compared_months.comparison_key,
        customer_months.customer_key,
        max(compared_months.previous_start_date) as previous_start_date,
        max(customer_months.cohort_start_date) as cohort_start_date,
        sum(case when compared_months.is_previous then customer_months.receipts else 0 end)
            as previous_receipts,
        sum(case when compared_months.is_previous then 0 else customer_months.receipts end) as receipts,
        sum(case when compared_months.is_previous then customer_months.units else 0 end)
            as previous_units,
        sum(case when compared_months.is_previous then 0 else customer_months.units end) as units,
        sum(case when compared_months.is_previous then customer_months.sales_amount else 0 end)
            as previous_sales_amount,
        sum(case when compared_months.is_previous then 0 else customer_months.sales_amount end) as sales_amount
    from customer_months
    inner join compared_months
        on
            customer_months.dataset = compared_months.dataset
            and customer_months.month_start_date = compared_months.month_start_date
    group by compared_months.comparison_key, customer_months.customer_key
),

-- Whoever bought in neither period, but brought something back, has sales below zero.
grouped as (
    select
        *,
        case
            when receipts > 0 and previous_receipts > 0 and sales_amount >= previous_sales_amount then 'retained up'
            when receipts > 0 and previous_receipts > 0 then 'retained down'
            when receipts > 0 and cohort_start_date > previous_start_date then 'new'
            when receipts > 0 then 'reactivated'
            when previous_receipts > 0 then 'lapsed'
            else 'returns only'
        end as customer_group
    from customer_periods
),

final as (
    select
        comparison_key,
        customer_group,
        count(*) as customers,
        count(*) filter (where previous_receipts > 0) as previous_buyers,
        count(*) filter (where receipts > 0) as buyers,
        cast(sum(previous_receipts) as bigint) as previous_receipts,
        cast(sum(receipts) as bigint) as receipts,
        cast(sum(previous_units) as decimal(18, 3)) as previous_units,
        cast(sum(units) as decimal(18, 3)) as units,
        cast(sum(previous_sales_amount) as decimal(18, 2)) as previous_sales_amount,
        cast(sum(sales_amount) as decimal(18, 2)) as sales_amount
    from grouped
    group by comparison_key, customer_group
)

select * from final
