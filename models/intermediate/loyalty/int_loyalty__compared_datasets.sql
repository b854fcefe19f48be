-- Where products come and go, a store offers in one month what it does not offer in another, so customers are compared
-- within months, too.
with

daily_prices as (
    select * from {{ ref('int_products__daily_prices') }}
),

stores as (
    select * from {{ ref('stores') }}
),

several_stores as (
    select
        dataset,
        count(*) as stores
    from stores
    group by dataset
    having count(*) > 1
),

products as (
    select
        dataset,
        product_key,
        min(receipt_date) as first_date,
        max(receipt_date) as last_date,
        sum(units) as units
    from daily_prices
    group by dataset, product_key
),

data_ends as (
    select
        dataset,
        min(first_date) as first_date,
        max(last_date) as last_date,
        sum(units) as units
    from products
    group by dataset
),

-- A product that is sold for less than the whole time, give or take a month.
seasonal_products as (
    select
        products.dataset,
        sum(products.units) as units
    from products
    inner join data_ends on products.dataset = data_ends.dataset
    where
        {{ days_between('data_ends.first_date', 'products.first_date') }} > 31
        or {{ days_between('products.last_date', 'data_ends.last_date') }} > 31
    group by products.dataset
),

final as (
    select
        data_ends.dataset,
        several_stores.stores,
        -- The key of lines without a store, which are compared with each other.
        -cast(row_number() over (order by data_ends.dataset nulls last) as integer) as no_store_key,
        coalesce(
            seasonal_products.units > {{ var('max_changing_range') }} * data_ends.units, false
        ) as is_range_changing
    from data_ends
    inner join several_stores on data_ends.dataset = several_stores.dataset
    left join seasonal_products on data_ends.dataset = seasonal_products.dataset
)

select * from final
