with

promotions as (
    select * from {{ ref('int_promotions__promotions') }}
),

daily_prices as (
    select * from {{ ref('int_products__daily_prices') }}
),

product_days as (
    select
        product_key,
        receipt_date,
        sum(units) as units,
        sum(sales_amount) as sales_amount
    from daily_prices
    group by product_key, receipt_date
),

trading_days as (
    select
        dataset,
        receipt_date,
        sum(units) as units
    from daily_prices
    group by dataset, receipt_date
),

-- The trading days around each promotion, without those on which the product was in another promotion.
observed_days as (
    select
        promotions.promotion_key,
        promotions.product_key,
        trading_days.receipt_date,
        trading_days.units,
        trading_days.receipt_date between promotions.first_date and promotions.last_date as is_promotion
    from promotions
    inner join trading_days
        on
            promotions.dataset = trading_days.dataset
            and trading_days.receipt_date between promotions.first_date - {{ 7 * var('promotion_reference_weeks') }}
            and promotions.last_date + {{ 7 * var('promotion_reference_weeks') }}
    left join promotions as others
        on
            promotions.product_key = others.product_key
            and promotions.promotion_key <> others.promotion_key
            and trading_days.receipt_date between others.first_date and others.last_date
    where others.promotion_key is null
),

observed_sales as (
    select
        observed_days.promotion_key,
        observed_days.is_promotion,
        coalesce(product_days.units, 0) as units,
        coalesce(product_days.sales_amount, 0) as sales_amount,
        observed_days.units - coalesce(product_days.units, 0) as other_units
    from observed_days
    left join product_days
        on
            observed_days.product_key = product_days.product_key
            and observed_days.receipt_date = product_days.receipt_date
),

final as (
    select
        promotion_key,
        count(*) filter (where is_promotion) as promotion_days,
        count(*) filter (where not is_promotion) as baseline_days,
        cast(sum(units) filter (where is_promotion) as decimal(18, 3)) as promotion_units,
        cast(sum(sales_amount) filter (where is_promotion) as decimal(18, 2)) as promotion_amount,
        cast(coalesce(sum(units) filter (where not is_promotion), 0) as decimal(18, 3)) as baseline_units,
        coalesce(sum(cast(units as double) * units) filter (where not is_promotion), 0) as baseline_squared_units,
        cast(sum(other_units) filter (where is_promotion) as decimal(18, 3)) as other_promotion_units,
        cast(coalesce(sum(other_units) filter (where not is_promotion), 0) as decimal(18, 3)) as other_baseline_units
    from observed_sales
    group by promotion_key
)

select * from final
