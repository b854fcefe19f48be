with

lines as (
    select * from {{ ref('int_products__sales_lines') }}
),

receipts as (
    select * from {{ ref('int_products__receipts') }}
),

daily_prices as (
    select * from {{ ref('int_products__daily_prices') }}
),

product_attributes as (
    select * from {{ ref('int_products__product_attributes') }}
),

preferences as (
    select * from {{ ref('int_loyalty__customer_preferences') }}
),

product_lines as (
    select
        product_key,
        sum(lines) as lines,
        sum(units) as units,
        sum(sales_amount) as sales_amount
    from daily_prices
    group by product_key
),

attribute_totals as (
    select
        product_attributes.value_id,
        sum(product_lines.lines) as lines,
        cast(sum(product_lines.units) as decimal(18, 3)) as units,
        cast(sum(product_lines.sales_amount) as decimal(18, 2)) as sales_amount
    from product_attributes
    inner join product_lines on product_attributes.product_key = product_lines.product_key
    group by product_attributes.value_id
),

-- A receipt counts once for a value, so only receipts of several lines have to be looked into. A value belongs to one
-- dataset.
lines_of_values as (
    select
        product_attributes.value_id,
        count(*) as lines
    from lines
    inner join receipts
        on
            receipts.lines > 1
            and lines.dataset = receipts.dataset
            and lines.receipt_date = receipts.receipt_date
            and lines.receipt_id = receipts.receipt_id
            and lines.customer_key is not distinct from receipts.customer_key
            and lines.store_key is not distinct from receipts.store_key
    inner join product_attributes on lines.product_key = product_attributes.product_key
    group by
        product_attributes.value_id, lines.receipt_date, lines.receipt_id, lines.customer_key, lines.store_key
),

repeated_lines as (
    select
        value_id,
        sum(lines - 1) as lines
    from lines_of_values
    group by value_id
),

-- What customers bought of products themselves is not stored.
customers_of_values as (
    select
        product_attributes.value_id,
        count(distinct lines.customer_key) as customers
    from lines
    inner join product_attributes
        on lines.product_key = product_attributes.product_key and product_attributes.attribute = 'product'
    group by product_attributes.value_id
    union all
    select
        value_id,
        count(*) as customers
    from preferences
    group by value_id
),

final as (
    select
        attribute_totals.value_id,
        attribute_totals.sales_amount,
        attribute_totals.units,
        cast(attribute_totals.lines - coalesce(repeated_lines.lines, 0) as bigint) as receipts,
        coalesce(customers_of_values.customers, 0) as customers
    from attribute_totals
    left join repeated_lines on attribute_totals.value_id = repeated_lines.value_id
    left join customers_of_values on attribute_totals.value_id = customers_of_values.value_id
)

select * from final
