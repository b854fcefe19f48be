with

runs as (
    select * from {{ ref('int_promotions__runs') }}
),

daily_prices as (
    select * from {{ ref('int_products__daily_prices') }}
),

products as (
    select * from {{ ref('products') }}
),

lines as (
    select * from {{ ref('int_products__sales_lines') }}
),

product_days as (
    select distinct
        product_key,
        receipt_date
    from daily_prices
),

-- A line finds the run of its day at once. By product alone it would be compared with all runs of its product.
run_days as (
    select
        runs.product_key,
        runs.first_date,
        runs.highest_discounted_price,
        product_days.receipt_date
    from runs
    inner join product_days
        on
            runs.product_key = product_days.product_key
            and product_days.receipt_date between runs.first_date and runs.last_date
),

-- A lower price for one large customer is a quantity price. Where nobody is known, receipts count.
run_buyers as (
    select
        run_days.product_key,
        run_days.first_date,
        count(distinct lines.customer_key)
        + count(distinct case when lines.customer_key is null then lines.receipt_id end) as buyers
    from run_days
    inner join lines
        on
            run_days.product_key = lines.product_key
            and run_days.receipt_date = lines.receipt_date
            and run_days.highest_discounted_price >= lines.unit_price
    group by run_days.product_key, run_days.first_date
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

weeks_around as (
    select
        runs.product_key,
        runs.first_date,
        weekly_prices.week_start_date,
        cast(coalesce(sum(weekly_prices.lines) filter (
            where weekly_prices.unit_price <= runs.highest_discounted_price
        ), 0) as double) / sum(weekly_prices.lines) as cheap_share
    from runs
    inner join weekly_prices
        on
            runs.product_key = weekly_prices.product_key
            and (
                weekly_prices.week_start_date between
                runs.first_date - {{ 7 * var('promotion_reference_weeks') }} and runs.first_date - 7
                or weekly_prices.week_start_date between
                runs.last_date + 1 and runs.last_date + {{ 7 * var('promotion_reference_weeks') }}
            )
    group by runs.product_key, runs.first_date, weekly_prices.week_start_date
),

-- Where in most weeks around some lines are as cheap, the product has two prices, such as those of two regions.
usual_shares as (
    select
        product_key,
        first_date,
        percentile_cont(0.25) within group (order by cheap_share nulls last) as cheap_share
    from weeks_around
    group by product_key, first_date
),

-- A price that does not come back is a lasting change, and so is one that was never higher before.
neighbours as (
    select
        runs.product_key,
        runs.first_date,
        cast(sum(case
            when
                daily_prices.receipt_date < runs.first_date
                and daily_prices.unit_price <= runs.highest_discounted_price
                then daily_prices.lines
            else 0
        end) as double) / sum(daily_prices.lines) filter (
            where daily_prices.receipt_date < runs.first_date
        ) as share_before,
        cast(sum(case
            when
                daily_prices.receipt_date > runs.last_date
                and daily_prices.unit_price <= runs.highest_discounted_price
                then daily_prices.lines
            else 0
        end) as double) / sum(daily_prices.lines) filter (
            where daily_prices.receipt_date > runs.last_date
        ) as share_after
    from runs
    inner join daily_prices
        on
            runs.product_key = daily_prices.product_key
            and daily_prices.receipt_date between
            runs.first_date - {{ var('promotion_max_gap_days') }}
            and runs.last_date + {{ var('promotion_max_gap_days') }}
    group by runs.product_key, runs.first_date
),

final as (
    select
        cast(row_number() over (
            order by runs.product_key nulls last, runs.first_date nulls last
        ) as integer) as promotion_key,
        products.product_id || ' from ' || runs.first_date as promotion_id,
        runs.*
    from runs
    inner join products on runs.product_key = products.product_key
    inner join usual_shares
        on runs.product_key = usual_shares.product_key and runs.first_date = usual_shares.first_date
    inner join neighbours
        on runs.product_key = neighbours.product_key and runs.first_date = neighbours.first_date
    inner join run_buyers
        on runs.product_key = run_buyers.product_key and runs.first_date = run_buyers.first_date
    where
        run_buyers.buyers >= {{ var('promotion_min_buyers') }}
        and {{ days_between('runs.first_date', 'runs.last_date') }} < {{ var('promotion_max_days') }}
        and usual_shares.cheap_share <= {{ var('promotion_max_usual_share') }}
        and 2 * neighbours.share_before < runs.line_share
        and 2 * neighbours.share_after < runs.line_share
)

select * from final
