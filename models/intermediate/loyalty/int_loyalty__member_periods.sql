-- Of the latest comparison of each kind whose periods are complete: older ones would be many rows that nobody reads.
with

compared_months as (
    select * from {{ ref('int_loyalty__compared_months') }}
    where has_complete_periods
    qualify period_start_date = max(period_start_date) over (partition by dataset, comparison)
),

receipts as (
    select * from {{ ref('int_products__receipts') }}
),

lines as (
    select * from {{ ref('int_products__sales_lines') }}
),

stores as (
    select * from {{ ref('stores') }}
),

product_attributes as (
    select * from {{ ref('int_products__product_attributes') }}
    where attribute in ({{ sql_texts(var('leading_attributes')) }})
),

customer_attributes as (
    select * from {{ ref('customer_attributes') }}
),

segment_values as (
    select * from {{ ref('int_loyalty__segment_values') }}
    qualify count(*) over (partition by dataset, attribute) > 1
),

-- Attributes with many values, such as the product itself, make a list and no tree.
short_attributes as (
    select
        dataset,
        attribute
    from product_attributes
    group by dataset, attribute
    having count(distinct attribute_value) between 2 and {{ var('max_attribute_values') }}
),

product_values as (
    select
        product_attributes.product_key,
        product_attributes.value_id,
        'product ' || product_attributes.attribute as level,
        product_attributes.attribute_value as member
    from product_attributes
    inner join short_attributes
        on
            product_attributes.dataset = short_attributes.dataset
            and product_attributes.attribute = short_attributes.attribute
),

customer_values as (
    select
        customer_attributes.customer_key,
        'customer ' || customer_attributes.attribute as level,
        customer_attributes.attribute_value as member
    from customer_attributes
    inner join segment_values
        on
            customer_attributes.dataset = segment_values.dataset
            and customer_attributes.attribute = segment_values.attribute
            and customer_attributes.attribute_value = segment_values.attribute_value
),

store_periods as (
    select
        compared_months.comparison_key,
        compared_months.is_previous,
        receipts.store_key,
        receipts.customer_key,
        count(*) filter (where receipts.units >= 0) as receipts,
        sum(receipts.units) as units,
        sum(receipts.sales_amount) as sales_amount
    from receipts
    inner join compared_months
        on
            receipts.dataset = compared_months.dataset
            and cast(date_trunc('month', receipts.receipt_date) as date) = compared_months.month_start_date
    group by
        compared_months.comparison_key, compared_months.is_previous, receipts.store_key, receipts.customer_key
),

known_customer_periods as (
    select
        comparison_key,
        is_previous,
        customer_key,
        sum(receipts) as receipts,
        sum(units) as units,
        sum(sales_amount) as sales_amount
    from store_periods
    where customer_key is not null
    group by comparison_key, is_previous, customer_key
),

-- A receipt with goods of several categories is a receipt of each.
value_receipts as (
    select
        compared_months.comparison_key,
        compared_months.is_previous,
        product_values.value_id,
        lines.customer_key,
        sum(lines.units) as units,
        sum(lines.sales_amount) as sales_amount
    from lines
    inner join compared_months
        on
            lines.dataset = compared_months.dataset
            and cast(date_trunc('month', lines.receipt_date) as date) = compared_months.month_start_date
    inner join product_values on lines.product_key = product_values.product_key
    group by
        compared_months.comparison_key, compared_months.is_previous, product_values.value_id, lines.customer_key,
        lines.store_key, lines.receipt_date, lines.receipt_id
),

value_periods as (
    select
        comparison_key,
        is_previous,
        value_id,
        customer_key,
        count(*) filter (where units >= 0) as receipts,
        sum(units) as units,
        sum(sales_amount) as sales_amount
    from value_receipts
    group by comparison_key, is_previous, value_id, customer_key
),

named_values as (
    select distinct
        value_id,
        level,
        member
    from product_values
),

customer_periods as (
    select
        store_periods.comparison_key,
        'store' as level,
        stores.store_id as member,
        store_periods.customer_key,
        store_periods.is_previous,
        store_periods.receipts,
        store_periods.units,
        store_periods.sales_amount
    from store_periods
    inner join stores on store_periods.store_key = stores.store_key
    union all
    select
        known_customer_periods.comparison_key,
        customer_values.level,
        customer_values.member,
        known_customer_periods.customer_key,
        known_customer_periods.is_previous,
        known_customer_periods.receipts,
        known_customer_periods.units,
        known_customer_periods.sales_amount
    from known_customer_periods
    inner join customer_values on known_customer_periods.customer_key = customer_values.customer_key
    union all
    select
        value_periods.comparison_key,
        named_values.level,
        named_values.member,
        value_periods.customer_key,
        value_periods.is_previous,
        value_periods.receipts,
        value_periods.units,
        value_periods.sales_amount
    from value_periods
    inner join named_values on value_periods.value_id = named_values.value_id
),

final as (
    select
        comparison_key,
        level,
        member,
        count(customer_key) filter (where is_previous and receipts > 0) as previous_customers,
        cast(coalesce(sum(receipts) filter (where is_previous and customer_key is not null), 0) as bigint)
            as previous_receipts,
        cast(coalesce(sum(units) filter (where is_previous and customer_key is not null), 0) as decimal(18, 3))
            as previous_units,
        cast(coalesce(sum(sales_amount) filter (where is_previous and customer_key is not null), 0) as decimal(18, 2))
            as previous_sales_amount,
        cast(coalesce(
            sum(sales_amount) filter (where is_previous and customer_key is null), 0
        ) as decimal(18, 2)) as previous_anonymous_sales_amount,
        count(customer_key) filter (where not is_previous and receipts > 0) as customers,
        cast(coalesce(sum(receipts) filter (where not is_previous and customer_key is not null), 0) as bigint)
            as receipts,
        cast(coalesce(sum(units) filter (where not is_previous and customer_key is not null), 0) as decimal(18, 3))
            as units,
        cast(coalesce(
            sum(sales_amount) filter (where not is_previous and customer_key is not null), 0
        ) as decimal(18, 2)) as sales_amount,
        cast(coalesce(
            sum(sales_amount) filter (where not is_previous and customer_key is null), 0
        ) as decimal(18, 2)) as anonymous_sales_amount
    from customer_periods
    group by comparison_key, level, member
)

select * from final
