with

purchases as (
    select * from {{ ref('int_chips__purchases') }}
),

promoted_sales as (
    select * from {{ ref('int_chips__promoted_sales') }}
),

promoted_units as (
    select
        customer_id,
        sum(units) as units
    from promoted_sales
    group by customer_id
),

customer_totals as (
    select
        customer_id,
        min(transaction_date) as first_purchase_date,
        max(transaction_date) as last_purchase_date,
        count(*) as transactions,
        count(*) filter (where units = 1) as purchases_of_1_unit,
        count(*) filter (where units = 2) as purchases_of_2_units,
        count(*) filter (where units >= 3) as purchases_of_3_units,
        cast(sum(sales_amount) as decimal(18, 2)) as sales_amount,
        cast(sum(units) as bigint) as units,
        {{ count_months('transaction_date') }} as months_active
    from purchases
    group by customer_id
),

last_days as (
    select {{ as_of_date('max(last_purchase_date)') }} as as_of_date from customer_totals
),

final as (
    select
        customer_totals.*,
        {{ days_between('customer_totals.last_purchase_date', 'last_days.as_of_date') }} as recency_days,
        cast(customer_totals.units as double) / customer_totals.transactions as avg_units_per_transaction,
        cast(customer_totals.sales_amount as double) / customer_totals.units as avg_unit_price,
        cast(coalesce(promoted_units.units, 0) as double) / customer_totals.units as promotion_share
    from customer_totals
    cross join last_days
    left join promoted_units on customer_totals.customer_id = promoted_units.customer_id
)

select * from final
