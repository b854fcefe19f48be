with

sales as (
    select * from {{ ref('int_chips__sales') }}
),

promoted_sales as (
    select * from {{ ref('int_chips__promoted_sales') }}
),

last_days as (
    select {{ as_of_date('max(transaction_date)') }} as as_of_date from sales
),

promoted_units as (
    select
        customer_id,
        sum(units) as units
    from promoted_sales
    group by customer_id
),

purchases as (
    select
        customer_id,
        min(transaction_date) as first_purchase_date,
        max(transaction_date) as last_purchase_date,
        {{ count_transactions() }} as transactions,
        cast(sum(sales_amount) as decimal(18, 2)) as sales_amount,
        cast(sum(units) as bigint) as units,
        count(distinct date_trunc('month', transaction_date)) as months_active
    from sales
    group by customer_id
),

final as (
    select
        purchases.*,
        {{ days_between('purchases.last_purchase_date', 'last_days.as_of_date') }} as recency_days,
        cast(purchases.units as double) / purchases.transactions as avg_units_per_transaction,
        cast(purchases.sales_amount as double) / purchases.units as avg_unit_price,
        cast(coalesce(promoted_units.units, 0) as double) / purchases.units as promotion_share
    from purchases
    cross join last_days
    left join promoted_units on purchases.customer_id = promoted_units.customer_id
)

select * from final
