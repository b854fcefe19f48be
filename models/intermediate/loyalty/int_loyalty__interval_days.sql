-- How many days after a purchase customers came again, or have not come yet, counted by group.
with

days as (
    select * from {{ ref('int_loyalty__purchase_days') }}
),

months as (
    select * from {{ ref('int_loyalty__months') }}
),

sales_lines as (
    select * from {{ ref('int_products__sales_lines') }}
),

product_attributes as (
    select * from {{ ref('int_products__product_attributes') }}
),

rfm as (
    select * from {{ ref('int_loyalty__customer_rfm') }}
),

last_days as (
    select
        dataset,
        max(receipt_date) as last_day
    from days
    group by dataset
),

purchases as (
    select
        *,
        purchases_so_far = 1 as is_first,
        lead(receipt_date) over (partition by customer_key order by receipt_date nulls last) as next_date
    from days
    where is_purchase
),

intervals as (
    select
        purchases.dataset,
        purchases.customer_key,
        purchases.receipt_date,
        purchases.is_first,
        purchases.next_date is not null as is_closed,
        {{ days_between(
            'purchases.receipt_date', 'coalesce(purchases.next_date, last_days.last_day)'
        ) }} as interval_days
    from purchases
    inner join last_days on purchases.dataset = last_days.dataset
),

first_intervals as (
    select
        intervals.*,
        months.has_unknown_past
    from intervals
    inner join months
        on
            intervals.dataset = months.dataset
            and months.month_start_date = cast(date_trunc('month', intervals.receipt_date) as date)
    where intervals.is_first
),

-- Of what was bought on the first day, the product that most was spent on.
first_sales as (
    select
        first_intervals.customer_key,
        sales_lines.product_key,
        sum(sales_lines.sales_amount) as sales_amount
    from first_intervals
    inner join sales_lines
        on
            first_intervals.customer_key = sales_lines.customer_key
            and first_intervals.receipt_date = sales_lines.receipt_date
    group by first_intervals.customer_key, sales_lines.product_key
),

first_products as (
    select
        customer_key,
        product_key
    from first_sales
    qualify row_number() over (
        partition by customer_key order by sales_amount desc nulls last, product_key nulls last
    ) = 1
),

grouped as (
    select
        dataset,
        'first purchase' as interval_start,
        'all' as group_kind,
        'All customers' as group_value,
        interval_days,
        is_closed,
        has_unknown_past
    from first_intervals
    union all
    select
        first_intervals.dataset,
        'first purchase' as interval_start,
        'first ' || product_attributes.attribute as group_kind,
        product_attributes.attribute_value as group_value,
        first_intervals.interval_days,
        first_intervals.is_closed,
        first_intervals.has_unknown_past
    from first_intervals
    inner join first_products on first_intervals.customer_key = first_products.customer_key
    inner join product_attributes on first_products.product_key = product_attributes.product_key
    where product_attributes.attribute in ('product', {{ sql_texts(var('leading_attributes')) }})
    union all
    select
        dataset,
        'any purchase' as interval_start,
        'all' as group_kind,
        'All customers' as group_value,
        interval_days,
        is_closed,
        cast(null as boolean) as has_unknown_past
    from intervals
    union all
    select
        intervals.dataset,
        'any purchase' as interval_start,
        'rfm segment' as group_kind,
        rfm.rfm_segment as group_value,
        intervals.interval_days,
        intervals.is_closed,
        cast(null as boolean) as has_unknown_past
    from intervals
    inner join rfm on intervals.customer_key = rfm.customer_key
),

final as (
    select
        dataset,
        interval_start,
        group_kind,
        group_value,
        cast(interval_days as integer) as interval_days,
        count(*) filter (where is_closed) as closed_intervals,
        count(*) filter (where not is_closed) as open_intervals,
        count(*) filter (where has_unknown_past) as unknown_pasts
    from grouped
    group by dataset, interval_start, group_kind, group_value, interval_days
)

select * from final
