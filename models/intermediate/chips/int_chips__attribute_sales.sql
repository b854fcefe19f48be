with

sales as (
    select * from {{ ref('int_chips__sales') }}
),

daily_prices as (
    select * from {{ ref('int_chips__daily_prices') }}
),

long_purchase_lines as (
    select * from {{ ref('int_chips__long_purchase_lines') }}
),

product_values as (
    select * from {{ ref('int_chips__product_values') }}
),

preferences as (
    select * from {{ ref('int_chips__customer_preferences') }}
),

product_lines as (
    select
        product_id,
        sum(lines) as lines,
        sum(units) as units,
        sum(sales_amount) as sales_amount
    from daily_prices
    group by product_id
),

-- Buyers of brands, flavours and sizes are counted by preferences below; products have none.
product_buyers as (
    select
        product_id,
        count(distinct customer_id) as customers
    from sales
    group by product_id
),

totals as (
    select
        product_values.value_id,
        product_values.attribute,
        product_values.attribute_value,
        sum(product_lines.lines) as lines,
        sum(product_lines.units) as units,
        sum(product_lines.sales_amount) as sales_amount,
        max(product_buyers.customers) as customers
    from product_values
    inner join product_lines on product_values.product_id = product_lines.product_id
    inner join product_buyers on product_values.product_id = product_buyers.product_id
    group by product_values.value_id, product_values.attribute, product_values.attribute_value
),

-- A purchase counts once for a value. Only those of more than one line can hold it twice.
lines_of_purchases as (
    select
        product_values.value_id,
        count(*) as lines
    from long_purchase_lines as lines
    inner join product_values on lines.product_id = product_values.product_id
    group by product_values.value_id, lines.customer_id, lines.transaction_date, lines.transaction_id
),

repeated_lines as (
    select
        value_id,
        sum(lines - 1) as lines
    from lines_of_purchases
    group by value_id
),

buyers as (
    select
        value_id,
        count(*) as customers
    from preferences
    group by value_id
),

final as (
    select
        totals.attribute,
        totals.attribute_value,
        cast(totals.sales_amount as decimal(18, 2)) as sales_amount,
        cast(totals.units as bigint) as units,
        cast(totals.lines - coalesce(repeated_lines.lines, 0) as bigint) as transactions,
        -- Products are no preferences, and a product's value is the product alone.
        coalesce(buyers.customers, totals.customers) as customers
    from totals
    left join repeated_lines on totals.value_id = repeated_lines.value_id
    left join buyers on totals.value_id = buyers.value_id
)

select * from final
