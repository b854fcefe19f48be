with

daily_prices as (
    select * from {{ ref('int_chips__daily_prices') }}
),

list_prices as (
    select * from {{ ref('int_chips__list_prices') }}
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
            daily_prices.product_id = list_prices.product_id
            and daily_prices.week_start_date = list_prices.week_start_date
),

days as (
    select
        product_id,
        transaction_date,
        max(list_price) as list_price,
        coalesce(sum(lines) filter (where is_discounted), 0) as lines,
        coalesce(sum(units) filter (where is_discounted), 0) as units,
        coalesce(sum(sales_amount) filter (where is_discounted), 0) as sales_amount,
        2 * coalesce(sum(lines) filter (where is_discounted), 0) > sum(lines) as is_discount_day
    from compared
    group by product_id, transaction_date
),

-- A day at full price between two discounted days ends a promotion, and so does a long time without any sale.
neighbours as (
    select
        *,
        lag(is_discount_day) over (partition by product_id order by transaction_date) as was_discount_day,
        lag(transaction_date) over (partition by product_id order by transaction_date) as previous_date
    from days
),

runs as (
    select
        *,
        sum(case
            when
                is_discount_day = was_discount_day
                and transaction_date <= previous_date + {{ var('promotion_max_gap_days') }}
                then 0
            else 1
        end) over (
            partition by product_id order by transaction_date
            rows between unbounded preceding and current row
        ) as run
    from neighbours
),

final as (
    select
        product_id || ' from ' || min(transaction_date) as promotion_id,
        product_id,
        min(transaction_date) as first_date,
        max(transaction_date) as last_date,
        max(list_price) as list_price,
        cast(sum(sales_amount) / sum(units) as decimal(18, 2)) as promotion_price,
        max(list_price) * (1 - {{ var('promotion_min_discount') }}) as highest_discounted_price,
        cast(sum(lines) as bigint) as lines,
        cast(sum(units) as bigint) as units,
        sum(sales_amount) as sales_amount
    from runs
    where is_discount_day
    group by product_id, run
    having
        count(*) >= {{ var('promotion_min_days') }}
        and sum(lines) >= {{ var('promotion_min_lines') }}
)

select * from final
