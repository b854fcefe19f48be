-- Only of datasets whose files hold moments, also of those without amounts.
with

sales_lines as (
    select * from {{ ref('sales_lines') }}
    where sold_at is not null
),

counted_products as (
    select * from {{ ref('int_products__products') }}
    where is_counted
),

-- A receipt belongs to the hour of its first line.
receipts as (
    select
        sales_lines.dataset,
        sales_lines.customer_key,
        sales_lines.receipt_date,
        min(sales_lines.sold_at) as sold_at,
        sum(sales_lines.units) as units,
        sum(sales_lines.sales_amount) as sales_amount
    from sales_lines
    inner join counted_products on sales_lines.product_key = counted_products.product_key
    group by
        sales_lines.dataset, sales_lines.customer_key, sales_lines.store_key, sales_lines.receipt_date,
        sales_lines.receipt_id
),

receipt_hours as (
    select
        *,
        cast({{ iso_weekday('receipt_date') }} as integer) as iso_weekday,
        cast(extract(hour from sold_at) as integer) as hour_of_day
    from receipts
),

final as (
    select
        dataset,
        iso_weekday,
        hour_of_day,
        count(*) as receipts,
        count(distinct customer_key) as customers,
        cast(sum(units) as decimal(18, 3)) as units,
        cast(sum(sales_amount) as decimal(18, 2)) as sales_amount
    from receipt_hours
    group by dataset, iso_weekday, hour_of_day
)

select * from final
