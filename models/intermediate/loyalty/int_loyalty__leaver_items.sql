-- Customers who were loyal at the month end before the last stopped_months, what they bought in as many months before
-- it, and what after it.
with

month_ends as (
    select * from {{ ref('int_loyalty__month_ends') }}
),

months as (
    select * from {{ ref('int_loyalty__months') }}
    where is_complete_month
),

customers as (
    select * from {{ ref('customers') }}
),

snapshot_rfm as (
    select * from {{ ref('int_loyalty__snapshot_rfm') }}
),

lines as (
    select * from {{ ref('int_products__sales_lines') }}
),

attributes as (
    select * from {{ ref('int_products__product_attributes') }}
    where is_stated and attribute in ({{ sql_texts(['product'] + var('leading_attributes')) }})
),

last_months as (
    select
        dataset,
        max(month_number) as month_number
    from month_ends
    group by dataset
),

periods as (
    select
        last_months.dataset,
        months.month_start_date as first_date,
        before.snapshot as before_snapshot,
        before.snapshot_date as from_date,
        after.snapshot as after_snapshot,
        after.snapshot_date as to_date
    from last_months
    inner join month_ends as after
        on last_months.dataset = after.dataset and last_months.month_number = after.month_number
    inner join month_ends as before
        on
            last_months.dataset = before.dataset
            and last_months.month_number - {{ var('stopped_months') }} = before.month_number
    inner join months
        on
            last_months.dataset = months.dataset
            and last_months.month_number - 2 * {{ var('stopped_months') }} + 1 = months.month_number
),

-- What is given up can be learned from a part of the customers, the same ones in every build.
loyal_customers as (
    select
        periods.dataset,
        periods.first_date,
        periods.from_date,
        periods.to_date,
        rfm_before.customer_key,
        not rfm_after.is_loyal as has_left
    from periods
    inner join snapshot_rfm as rfm_before
        on periods.dataset = rfm_before.dataset and periods.before_snapshot = rfm_before.snapshot
    inner join snapshot_rfm as rfm_after
        on rfm_before.customer_key = rfm_after.customer_key and periods.after_snapshot = rfm_after.snapshot
    inner join customers on rfm_before.customer_key = customers.customer_key
    where rfm_before.is_loyal
    qualify row_number() over (
        partition by periods.dataset
        order by md5(customers.customer_id) nulls last, customers.customer_id nulls last
    ) <= {{ var('lapse_sample_customers') }}
),

products as (
    select
        loyal_customers.customer_key,
        lines.product_key,
        sum(case when lines.receipt_date <= loyal_customers.from_date then lines.sales_amount else 0 end)
            as previous_sales_amount,
        sum(case when lines.receipt_date > loyal_customers.from_date then lines.sales_amount else 0 end) as sales_amount
    from loyal_customers
    inner join lines
        on
            loyal_customers.customer_key = lines.customer_key
            and lines.receipt_date between loyal_customers.first_date and loyal_customers.to_date
    group by loyal_customers.customer_key, lines.product_key
),

items as (
    select
        products.customer_key,
        attributes.attribute,
        attributes.attribute_value,
        sum(products.previous_sales_amount) as previous_sales_amount,
        sum(products.sales_amount) as sales_amount
    from products
    inner join attributes on products.product_key = attributes.product_key
    group by products.customer_key, attributes.attribute, attributes.attribute_value
    union all
    select
        customer_key,
        'all' as attribute,
        'all' as attribute_value,
        sum(previous_sales_amount) as previous_sales_amount,
        sum(sales_amount) as sales_amount
    from products
    group by customer_key
),

final as (
    select
        loyal_customers.dataset,
        loyal_customers.customer_key,
        coalesce(items.attribute, 'all') as attribute,
        coalesce(items.attribute_value, 'all') as attribute_value,
        loyal_customers.has_left,
        loyal_customers.from_date,
        loyal_customers.to_date,
        cast(coalesce(items.previous_sales_amount, 0) as decimal(18, 2)) as previous_sales_amount,
        cast(coalesce(items.sales_amount, 0) as decimal(18, 2)) as sales_amount
    from loyal_customers
    left join items on loyal_customers.customer_key = items.customer_key
)

select * from final
