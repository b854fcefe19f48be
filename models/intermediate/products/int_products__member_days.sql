-- What is forecast: all sales, and the stores and categories with the highest sales.
with

daily_totals as (
    select * from {{ ref('int_products__daily_totals') }}
),

receipts as (
    select * from {{ ref('int_products__receipts') }}
    where store_key is not null
),

stores as (
    select * from {{ ref('stores') }}
),

daily_prices as (
    select * from {{ ref('int_products__daily_prices') }}
),

product_attributes as (
    select * from {{ ref('int_products__product_attributes') }}
    where attribute = 'category' and is_stated
),

member_days as (
    select
        dataset,
        'total' as level,
        'All' as member,
        receipt_date,
        sales_amount
    from daily_totals
    union all
    select
        receipts.dataset,
        'store' as level,
        stores.store_id as member,
        receipts.receipt_date,
        sum(receipts.sales_amount) as sales_amount
    from receipts
    inner join stores on receipts.store_key = stores.store_key
    group by receipts.dataset, stores.store_id, receipts.receipt_date
    union all
    select
        daily_prices.dataset,
        'category' as level,
        product_attributes.attribute_value as member,
        daily_prices.receipt_date,
        sum(daily_prices.sales_amount) as sales_amount
    from daily_prices
    inner join product_attributes on daily_prices.product_key = product_attributes.product_key
    group by daily_prices.dataset, product_attributes.attribute_value, daily_prices.receipt_date
),

member_sales as (
    select
        dataset,
        level,
        member,
        sum(sales_amount) as sales_amount
    from member_days
    group by dataset, level, member
),

largest_members as (
    select
        dataset,
        level,
        member
    from member_sales
    qualify
        row_number() over (
            partition by dataset, level order by sales_amount desc nulls last, member nulls last
        ) <= {{ var('forecast_max_members') }}
),

final as (
    select member_days.*
    from member_days
    inner join largest_members
        on
            member_days.dataset = largest_members.dataset
            and member_days.level = largest_members.level
            and member_days.member = largest_members.member
)

select * from final
