with

daily_prices as (
    select * from {{ ref('int_products__daily_prices') }}
),

products as (
    select * from {{ ref('int_products__products') }}
),

promotions as (
    select * from {{ ref('int_promotions__promotions') }}
),

trading_days as (
    select distinct
        dataset,
        receipt_date
    from daily_prices
),

product_sales as (
    select
        product_key,
        receipt_date,
        sum(units) as units,
        sum(sales_amount) as sales_amount
    from daily_prices
    group by product_key, receipt_date
),

-- Before its first and after its last sale a product may not have been for sale. A large range has far more days than
-- sales, and nobody asks for those of a dataset without promotions.
periods as (
    select
        products.dataset,
        products.product_key,
        coalesce(products.brand, products.product_id) as product_group,
        min(product_sales.receipt_date) as first_date,
        max(product_sales.receipt_date) as last_date
    from product_sales
    inner join products on product_sales.product_key = products.product_key
    where products.dataset in (select promotions.dataset from promotions)
    group by products.dataset, products.product_key, products.brand, products.product_id
),

final as (
    select
        periods.dataset,
        periods.product_key,
        periods.product_group,
        trading_days.receipt_date,
        coalesce(product_sales.units, 0) as units,
        coalesce(product_sales.sales_amount, 0) as sales_amount,
        promotions.promotion_key is not null as is_promoted
    from periods
    inner join trading_days
        on
            periods.dataset = trading_days.dataset
            and trading_days.receipt_date between periods.first_date and periods.last_date
    left join product_sales
        on
            periods.product_key = product_sales.product_key
            and trading_days.receipt_date = product_sales.receipt_date
    left join promotions
        on
            periods.product_key = promotions.product_key
            and trading_days.receipt_date between promotions.first_date and promotions.last_date
)

select * from final
