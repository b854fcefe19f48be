with

daily_prices as (
    select * from {{ ref('int_products__daily_prices') }}
),

-- Every day counts alike, in thousandths, however much a promotion sells on it.
day_shares as (
    select
        product_key,
        week_start_date,
        unit_price,
        cast(
            round(1000 * cast(lines as double) / sum(lines) over (partition by product_key, receipt_date)) as bigint
        ) as day_share
    from daily_prices
),

weekly_prices as (
    select
        product_key,
        week_start_date,
        unit_price,
        sum(day_share) as day_share
    from day_shares
    group by product_key, week_start_date, unit_price
),

product_weeks as (
    select distinct
        product_key,
        week_start_date
    from weekly_prices
),

-- The week itself counts on both sides, so that the first and the last week of a product have both.
surrounding_prices as (
    select
        product_weeks.product_key,
        product_weeks.week_start_date,
        weekly_prices.unit_price,
        coalesce(sum(weekly_prices.day_share) filter (
            where weekly_prices.week_start_date <= product_weeks.week_start_date
        ), 0) as share_before,
        coalesce(sum(weekly_prices.day_share) filter (
            where weekly_prices.week_start_date >= product_weeks.week_start_date
        ), 0) as share_after
    from product_weeks
    inner join weekly_prices
        on
            product_weeks.product_key = weekly_prices.product_key
            and weekly_prices.week_start_date between
            product_weeks.week_start_date - {{ 7 * var('promotion_reference_weeks') }}
            and product_weeks.week_start_date + {{ 7 * var('promotion_reference_weeks') }}
    group by product_weeks.product_key, product_weeks.week_start_date, weekly_prices.unit_price
),

cumulated as (
    select
        product_key,
        week_start_date,
        unit_price,
        sum(share_before) over as_dear as dearer_before,
        sum(share_before) over (partition by product_key, week_start_date) as all_before,
        sum(share_after) over as_dear as dearer_after,
        sum(share_after) over (partition by product_key, week_start_date) as all_after
    from surrounding_prices
    window as_dear as (
        partition by product_key, week_start_date
        order by unit_price desc nulls last rows between unbounded preceding and current row
    )
),

sides as (
    select
        product_key,
        week_start_date,
        max(unit_price) filter (
            where dearer_before >= {{ var('promotion_min_regular_share') }} * all_before
        ) as price_before,
        max(unit_price) filter (
            where dearer_after >= {{ var('promotion_min_regular_share') }} * all_after
        ) as price_after
    from cumulated
    group by product_key, week_start_date
),

-- The lower of the prices before and after: neither the last days before a rise nor the first ones after a cut are a
-- promotion.
final as (
    select
        product_key,
        week_start_date,
        least(price_before, price_after) as list_price
    from sides
)

select * from final
