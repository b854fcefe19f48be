with

daily_prices as (
    select * from {{ ref('int_products__daily_prices') }}
),

list_prices as (
    select * from {{ ref('int_promotions__list_prices') }}
),

compared as (
    select
        daily_prices.*,
        list_prices.list_price,
        daily_prices.unit_price
        <= list_prices.list_price * (1 - {{ var('promotion_min_discount') }}) as is_discounted
    from daily_prices
    inner join list_prices
        on
            daily_prices.product_key = list_prices.product_key
            and daily_prices.week_start_date = list_prices.week_start_date
),

days as (
    select
        dataset,
        product_key,
        receipt_date,
        max(list_price) as list_price,
        coalesce(sum(lines) filter (where is_discounted), 0) as lines,
        coalesce(sum(units) filter (where is_discounted), 0) as units,
        coalesce(sum(sales_amount) filter (where is_discounted), 0) as sales_amount,
        sum(lines) as all_lines,
        row_number() over (partition by product_key order by receipt_date nulls last) as day_number
    from compared
    group by dataset, product_key, receipt_date
),

-- Most lines are discounted, or, where only some stores take part, a part of them that no odd line makes.
discount_days as (
    select
        *,
        lag(receipt_date) over (partition by product_key order by receipt_date nulls last) as previous_date,
        lag(day_number) over (partition by product_key order by receipt_date nulls last) as previous_number
    from days
    where 2 * lines > all_lines or (lines >= 2 and lines >= {{ var('promotion_min_line_share') }} * all_lines)
),

-- More ordinary days than one end a run, and so does a long time without any sale.
numbered as (
    select
        *,
        sum(case
            when
                day_number <= previous_number + 2
                and receipt_date <= previous_date + {{ var('promotion_max_gap_days') }}
                then 0
            else 1
        end) over (
            partition by product_key order by receipt_date nulls last
            rows between unbounded preceding and current row
        ) as run
    from discount_days
),

final as (
    select
        dataset,
        product_key,
        min(receipt_date) as first_date,
        max(receipt_date) as last_date,
        max(list_price) as list_price,
        {{ decimal_quotient('sum(sales_amount)', 'sum(units)', 2) }} as promotion_price,
        max(list_price) * (1 - {{ var('promotion_min_discount') }}) as highest_discounted_price,
        cast(sum(lines) as bigint) as lines,
        cast(sum(units) as decimal(18, 3)) as units,
        cast(sum(sales_amount) as decimal(18, 2)) as sales_amount,
        cast(sum(lines) as double) / sum(all_lines) as line_share
    from numbered
    group by dataset, product_key, run
    having
        count(*) >= {{ var('promotion_min_days') }}
        and sum(lines) >= {{ var('promotion_min_lines') }}
        and max(list_price) > 0
        and sum(units) > 0
)

select * from final
