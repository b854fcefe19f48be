with

daily_prices as (
    select * from {{ ref('int_products__daily_prices') }}
),

weekly_prices as (
    select
        product_key,
        week_start_date,
        unit_price,
        sum(lines) as lines
    from daily_prices
    group by product_key, week_start_date, unit_price
),

product_weeks as (
    select distinct
        product_key,
        week_start_date
    from weekly_prices
),

surrounding_prices as (
    select
        product_weeks.product_key,
        product_weeks.week_start_date,
        sign({{ days_between('product_weeks.week_start_date', 'weekly_prices.week_start_date') }}) as side,
        weekly_prices.unit_price,
        sum(weekly_prices.lines) as lines
    from product_weeks
    inner join weekly_prices
        on
            product_weeks.product_key = weekly_prices.product_key
            and weekly_prices.week_start_date between
            product_weeks.week_start_date - {{ 7 * var('promotion_reference_weeks') }}
            and product_weeks.week_start_date + {{ 7 * var('promotion_reference_weeks') }}
    group by product_weeks.product_key, product_weeks.week_start_date, side, weekly_prices.unit_price
),

-- The median line: the lowest price up to which half of the lines lie.
medians as (
    select
        product_key,
        week_start_date,
        side,
        unit_price
    from surrounding_prices
    qualify
        2 * sum(lines) over (
            partition by product_key, week_start_date, side
            order by unit_price nulls last rows between unbounded preceding and current row
        ) >= sum(lines) over (partition by product_key, week_start_date, side)
),

sides as (
    select
        product_key,
        week_start_date,
        min(unit_price) filter (where side = -1) as price_before,
        min(unit_price) filter (where side = 0) as price_meanwhile,
        min(unit_price) filter (where side = 1) as price_after
    from medians
    group by product_key, week_start_date
),

-- The lower of the prices before and after: neither the last days before a rise nor the first ones after a cut are a
-- promotion.
final as (
    select
        product_key,
        week_start_date,
        coalesce(least(price_before, price_after), price_before, price_after, price_meanwhile) as list_price
    from sides
)

select * from final
