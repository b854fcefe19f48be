with

sales as (
    select * from {{ ref('int_chips__sales') }}
),

long_purchase_lines as (
    select * from {{ ref('int_chips__long_purchase_lines') }}
),

long_purchases as (
    select * from {{ ref('int_chips__long_purchases') }}
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

-- Nearly every line is a purchase by itself.
line_totals as (
    select
        customer_id,
        min(transaction_date) as first_purchase_date,
        max(transaction_date) as last_purchase_date,
        count(*) as lines,
        count(*) filter (where units = 1) as lines_of_1_unit,
        count(*) filter (where units = 2) as lines_of_2_units,
        count(*) filter (where units >= 3) as lines_of_3_units,
        cast(sum(sales_amount) as decimal(18, 2)) as sales_amount,
        cast(sum(units) as bigint) as units,
        {{ count_months('transaction_date') }} as months_active
    from sales
    group by customer_id
),

-- Where a purchase has several, they are taken off and the purchase is put on.
corrections as (
    select
        customer_id,
        sum(purchases) as purchases,
        sum(purchases) filter (where units = 1) as purchases_of_1_unit,
        sum(purchases) filter (where units = 2) as purchases_of_2_units,
        sum(purchases) filter (where units >= 3) as purchases_of_3_units
    from (
        select
            customer_id,
            units,
            -1 as purchases
        from long_purchase_lines
        union all
        select
            customer_id,
            units,
            1 as purchases
        from long_purchases
    ) as changes
    group by customer_id
),

customer_totals as (
    select
        line_totals.customer_id,
        line_totals.first_purchase_date,
        line_totals.last_purchase_date,
        cast(line_totals.lines + coalesce(corrections.purchases, 0) as bigint) as transactions,
        {%- for size in ['1_unit', '2_units', '3_units'] %}
        cast(
            line_totals.lines_of_{{ size }} + coalesce(corrections.purchases_of_{{ size }}, 0) as bigint
        ) as purchases_of_{{ size }},
        {%- endfor %}
        line_totals.sales_amount,
        line_totals.units,
        line_totals.months_active
    from line_totals
    left join corrections on line_totals.customer_id = corrections.customer_id
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
