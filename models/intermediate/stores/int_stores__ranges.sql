with

-- What comes back has the price of its sale, which may be of another month.
lines as (
    select * from {{ ref('int_products__sales_lines') }}
    where store_key is not null and units > 0 and sales_amount >= 0
),

product_months as (
    select
        store_key,
        cast(date_trunc('month', receipt_date) as date) as month_start_date,
        product_key,
        sum(units) as units,
        sum(sales_amount) as sales_amount
    from lines
    group by store_key, cast(date_trunc('month', receipt_date) as date), product_key
),

all_stores as (
    select
        month_start_date,
        product_key,
        sum(units) as units,
        sum(sales_amount) as sales_amount,
        count(*) as stores
    from product_months
    group by month_start_date, product_key
),

-- A product that one store alone sells has no other price to compare with. Decimals add up to the same in any order.
final as (
    select
        product_months.store_key,
        product_months.month_start_date,
        count(*) as products,
        cast(sum(
            {{ double_as_decimal(
                'cast(product_months.sales_amount as double) / product_months.units * all_stores.units', 4
            ) }}
        ) filter (where all_stores.stores > 1) as decimal(28, 4)) as basket_amount,
        cast(sum(all_stores.sales_amount) filter (where all_stores.stores > 1) as decimal(28, 4))
            as usual_basket_amount
    from product_months
    inner join all_stores
        on
            product_months.month_start_date = all_stores.month_start_date
            and product_months.product_key = all_stores.product_key
    group by product_months.store_key, product_months.month_start_date
)

select * from final
