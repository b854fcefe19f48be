with

lines as (
    select * from {{ ref('int_products__sales_lines') }}
),

-- Units that leave without money are no customer's return: damaged or lost goods, corrections of the stock.
returned_lines as (
    select * from lines
    where units < 0 and sales_amount < 0
),

returned_keys as (
    select distinct
        customer_key,
        product_key,
        unit_price
    from returned_lines
    where customer_key is not null
),

-- What was sold to the customers who gave it back, and what nobody can be asked about.
daily_units as (
    select
        lines.dataset,
        lines.customer_key,
        lines.product_key,
        lines.unit_price,
        lines.receipt_date,
        coalesce(sum(lines.units) filter (where lines.units > 0), 0) as sold_units,
        coalesce(-sum(lines.units) filter (where lines.units < 0 and lines.sales_amount < 0), 0) as returned_units,
        coalesce(
            -sum(lines.sales_amount) filter (where lines.units < 0 and lines.sales_amount < 0), 0
        ) as returned_amount
    from lines
    inner join returned_keys
        on
            lines.customer_key = returned_keys.customer_key
            and lines.product_key = returned_keys.product_key
            and lines.unit_price = returned_keys.unit_price
    group by
        lines.dataset, lines.customer_key, lines.product_key, lines.unit_price, lines.receipt_date
    union all
    select
        dataset,
        customer_key,
        product_key,
        unit_price,
        receipt_date,
        0 as sold_units,
        -sum(units) as returned_units,
        -sum(sales_amount) as returned_amount
    from returned_lines
    where customer_key is null
    group by dataset, customer_key, product_key, unit_price, receipt_date
),

running_totals as (
    select
        *,
        sum(sold_units) over (
            partition by customer_key, product_key, unit_price
            order by receipt_date nulls last rows between unbounded preceding and current row
        ) as sold_so_far,
        sum(returned_units) over (
            partition by customer_key, product_key, unit_price
            order by receipt_date nulls last rows between unbounded preceding and current row
        ) as returned_so_far
    from daily_units
),

-- A unit that comes back takes one that was sold before and has not come back yet. Whenever more came back than was
-- sold, the excess stays without a sale for good.
matched_totals as (
    select
        *,
        returned_so_far + least(0, min(sold_so_far - returned_so_far) over (
            partition by customer_key, product_key, unit_price
            order by receipt_date nulls last rows between unbounded preceding and current row
        )) as matched_so_far
    from running_totals
),

matched_units as (
    select
        *,
        matched_so_far - coalesce(lag(matched_so_far) over (
            partition by customer_key, product_key, unit_price order by receipt_date nulls last
        ), 0) as matched_units
    from matched_totals
),

final as (
    select
        dataset,
        customer_key,
        product_key,
        unit_price,
        receipt_date,
        cast(returned_units as decimal(18, 3)) as returned_units,
        cast(returned_amount as decimal(18, 2)) as returned_amount,
        cast(case when customer_key is not null then matched_units else 0 end as decimal(18, 3)) as matched_units,
        case
            when customer_key is not null
                then {{ decimal_quotient('returned_amount * matched_units', 'returned_units', 2) }}
            else 0
        end as matched_amount
    from matched_units
    where returned_units > 0
)

select * from final
