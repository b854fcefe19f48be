with

promotions as (
    select * from {{ ref('int_chips__promotions') }}
),

calendar as (
    select * from {{ ref('int_chips__calendar') }}
),

daily_prices as (
    select * from {{ ref('int_chips__daily_prices') }}
),

product_days as (
    select
        product_id,
        transaction_date,
        sum(units) as units,
        sum(sales_amount) as sales_amount
    from daily_prices
    group by product_id, transaction_date
),

days as (
    select
        transaction_date,
        sum(units) as units
    from daily_prices
    group by transaction_date
),

-- The trading days around each promotion, without those on which the product was in another promotion.
observed_days as (
    select
        promotions.promotion_id,
        promotions.product_id,
        calendar.calendar_date,
        calendar.calendar_date between promotions.first_date and promotions.last_date as is_promotion
    from promotions
    inner join calendar
        on
            calendar.is_trading_day
            and calendar.calendar_date between promotions.first_date - {{ 7 * var('promotion_reference_weeks') }}
            and promotions.last_date + {{ 7 * var('promotion_reference_weeks') }}
    left join promotions as others
        on
            promotions.product_id = others.product_id
            and promotions.promotion_id <> others.promotion_id
            and calendar.calendar_date between others.first_date and others.last_date
    where others.promotion_id is null
),

observed_sales as (
    select
        observed_days.promotion_id,
        observed_days.is_promotion,
        coalesce(product_days.units, 0) as units,
        coalesce(product_days.sales_amount, 0) as sales_amount,
        days.units - coalesce(product_days.units, 0) as other_units
    from observed_days
    inner join days on observed_days.calendar_date = days.transaction_date
    left join product_days
        on
            observed_days.product_id = product_days.product_id
            and observed_days.calendar_date = product_days.transaction_date
),

final as (
    select
        promotion_id,
        count(*) filter (where is_promotion) as promotion_days,
        count(*) filter (where not is_promotion) as baseline_days,
        cast(sum(units) filter (where is_promotion) as bigint) as promotion_units,
        cast(sum(sales_amount) filter (where is_promotion) as decimal(18, 2)) as promotion_amount,
        cast(coalesce(sum(units) filter (where not is_promotion), 0) as bigint) as baseline_units,
        cast(coalesce(sum(units * units) filter (where not is_promotion), 0) as bigint) as baseline_squared_units,
        cast(sum(other_units) filter (where is_promotion) as bigint) as other_promotion_units,
        cast(coalesce(sum(other_units) filter (where not is_promotion), 0) as bigint) as other_baseline_units
    from observed_sales
    group by promotion_id
)

select * from final
