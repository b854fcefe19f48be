with

daily_prices as (
    select * from {{ ref('int_products__daily_prices') }}
),

list_prices as (
    select * from {{ ref('int_promotions__list_prices') }}
),

products as (
    select * from {{ ref('products') }}
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
        2 * coalesce(sum(lines) filter (where is_discounted), 0) > sum(lines) as is_discount_day
    from compared
    group by dataset, product_key, receipt_date
),

-- A day at full price between two discounted days ends a promotion, and so does a long time without any sale.
neighbours as (
    select
        *,
        lag(is_discount_day) over (
            partition by product_key order by receipt_date nulls last
        ) as was_discount_day,
        lag(receipt_date) over (partition by product_key order by receipt_date nulls last) as previous_date
    from days
),

runs as (
    select
        *,
        sum(case
            when
                is_discount_day = was_discount_day
                and receipt_date <= previous_date + {{ var('promotion_max_gap_days') }}
                then 0
            else 1
        end) over (
            partition by product_key order by receipt_date nulls last
            rows between unbounded preceding and current row
        ) as run
    from neighbours
),

promotions as (
    select
        dataset,
        product_key,
        min(receipt_date) as first_date,
        max(receipt_date) as last_date,
        max(list_price) as list_price,
        cast(sum(sales_amount) / sum(units) as decimal(18, 2)) as promotion_price,
        max(list_price) * (1 - {{ var('promotion_min_discount') }}) as highest_discounted_price,
        cast(sum(lines) as bigint) as lines,
        cast(sum(units) as decimal(18, 3)) as units,
        cast(sum(sales_amount) as decimal(18, 2)) as sales_amount
    from runs
    where is_discount_day
    group by dataset, product_key, run
    having
        count(*) >= {{ var('promotion_min_days') }}
        and sum(lines) >= {{ var('promotion_min_lines') }}
        and max(list_price) > 0
        and sum(units) > 0
),

-- Where many lines of ordinary days are as cheap, the product has two prices, such as those of two regions, and no
-- promotion.
ordinary_days as (
    select
        promotions.product_key,
        promotions.first_date,
        sum(days.lines) as cheap_lines,
        sum(days.all_lines) as lines
    from promotions
    inner join days
        on
            promotions.product_key = days.product_key
            and not days.is_discount_day
            and days.receipt_date between
            promotions.first_date - {{ 7 * var('promotion_reference_weeks') }}
            and promotions.last_date + {{ 7 * var('promotion_reference_weeks') }}
    group by promotions.product_key, promotions.first_date
),

final as (
    select
        cast(row_number() over (
            order by promotions.product_key nulls last, promotions.first_date nulls last
        ) as integer) as promotion_key,
        products.product_id || ' from ' || promotions.first_date as promotion_id,
        promotions.*
    from promotions
    inner join products on promotions.product_key = products.product_key
    left join ordinary_days
        on promotions.product_key = ordinary_days.product_key and promotions.first_date = ordinary_days.first_date
    where
        coalesce(ordinary_days.cheap_lines, 0)
        <= {{ var('promotion_max_usual_share') }} * coalesce(ordinary_days.lines, 1)
)

select * from final
