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

-- A receipt with goods of several categories is a receipt of each.
member_receipts as (
    select
        receipts.dataset,
        'store' as level,
        stores.store_id as member,
        receipts.customer_key,
        receipts.receipt_date,
        receipts.units,
        receipts.sales_amount
    from receipts
    inner join stores on receipts.store_key = stores.store_key
    union all
    select
        receipts.dataset,
        customer_values.level,
        customer_values.member,
        receipts.customer_key,
        receipts.receipt_date,
        receipts.units,
        receipts.sales_amount
    from receipts
    inner join customer_values on receipts.customer_key = customer_values.customer_key
    union all
    select
        lines.dataset,
        product_values.level,
        product_values.member,
        lines.customer_key,
        lines.receipt_date,
        sum(lines.units) as units,
        sum(lines.sales_amount) as sales_amount
    from lines
    inner join product_values on lines.product_key = product_values.product_key
    group by
        lines.dataset, product_values.level, product_values.member, lines.customer_key, lines.store_key,
        lines.receipt_date, lines.receipt_id
),

customer_periods as (
    select
        compared_months.comparison_key,
        member_receipts.level,
        member_receipts.member,
        member_receipts.customer_key,
        compared_months.is_previous,
        count(*) filter (where member_receipts.units >= 0) as receipts,
        sum(member_receipts.units) as units,
        sum(member_receipts.sales_amount) as sales_amount
    from member_receipts
    inner join compared_months
        on
            member_receipts.dataset = compared_months.dataset
            and cast(date_trunc('month', member_receipts.receipt_date) as date) = compared_months.month_start_date
    group by
        compared_months.comparison_key, member_receipts.level, member_receipts.member, member_receipts.customer_key,
        compared_months.is_previous
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
