with

daily_prices as (
    select * from {{ ref('int_chips__daily_prices') }}
),

weekly_prices as (
    select
        product_id,
        week_start_date,
        unit_price,
        sum(lines) as lines
    from daily_prices
    group by product_id, week_start_date, unit_price
),

product_weeks as (
    select distinct
        product_id,
        week_start_date
    from weekly_prices
),

-- The price of most lines some weeks before and after is the list price: a lasting change of price moves it, a
-- promotion does not.
surrounding_prices as (
    select
        product_weeks.product_id,
        product_weeks.week_start_date,
        weekly_prices.unit_price,
        sum(weekly_prices.lines) as lines
    from product_weeks
    inner join weekly_prices
        on
            product_weeks.product_id = weekly_prices.product_id
            and weekly_prices.week_start_date between
            product_weeks.week_start_date - {{ 7 * var('promotion_reference_weeks') }}
            and product_weeks.week_start_date + {{ 7 * var('promotion_reference_weeks') }}
    group by product_weeks.product_id, product_weeks.week_start_date, weekly_prices.unit_price
),

final as (
    select
        product_id,
        week_start_date,
        unit_price as list_price
    from surrounding_prices
    qualify row_number() over (
        partition by product_id, week_start_date order by lines desc, unit_price desc
    ) = 1
)

select * from final
