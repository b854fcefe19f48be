with

stores as (
    select * from {{ ref('stores') }}
),

months as (
    select * from {{ ref('int_loyalty__months') }}
),

ranges as (
    select * from {{ ref('int_stores__ranges') }}
),

store_months as (
    select
        store_key,
        cast(date_trunc('month', receipt_date) as date) as month_start_date,
        count(*) filter (where units >= 0) as receipts,
        count(distinct case when units >= 0 then customer_key end) as customers,
        sum(units) as units,
        sum(sales_amount) as sales_amount
    from {{ ref('int_products__receipts') }}
    where store_key is not null
    group by store_key, cast(date_trunc('month', receipt_date) as date)
),

lives as (
    select
        stores.store_key,
        stores.dataset,
        stores.store_id,
        min(store_months.month_start_date) as first_month_date,
        max(store_months.month_start_date) as last_month_date
    from stores
    inner join store_months on stores.store_key = store_months.store_key
    group by stores.store_key, stores.dataset, stores.store_id
),

limits as (
    select
        dataset,
        min(month_start_date) as first_month_date,
        max(month_start_date) as last_month_date,
        case
            when
                max(month_number) filter (where is_complete_month)
                - min(month_number) filter (where is_complete_month) >= 12
                then 12
            else 1
        end as months_between
    from months
    group by dataset
),

-- A month without a sale between two with sales is a row, too. A store opens and closes in the middle of a month.
filled as (
    select
        lives.store_key,
        lives.dataset,
        lives.store_id,
        months.month_start_date,
        months.month_number,
        limits.months_between,
        months.is_complete_month,
        months.is_complete_month
        and coalesce(store_months.receipts, 0) > 0
        and (months.month_start_date > lives.first_month_date or lives.first_month_date = limits.first_month_date)
        and (months.month_start_date < lives.last_month_date or lives.last_month_date = limits.last_month_date)
            as is_whole_month,
        coalesce(store_months.receipts, 0) as receipts,
        coalesce(store_months.customers, 0) as customers,
        cast(coalesce(store_months.units, 0) as decimal(18, 3)) as units,
        cast(coalesce(store_months.sales_amount, 0) as decimal(18, 2)) as sales_amount,
        coalesce(ranges.products, 0) as products,
        ranges.basket_amount,
        ranges.usual_basket_amount
    from lives
    inner join limits on lives.dataset = limits.dataset
    inner join months
        on
            lives.dataset = months.dataset
            and months.month_start_date between lives.first_month_date and lives.last_month_date
    left join store_months
        on lives.store_key = store_months.store_key and months.month_start_date = store_months.month_start_date
    left join ranges
        on lives.store_key = ranges.store_key and months.month_start_date = ranges.month_start_date
),

-- The same month of the year before, where the files reach back so far; else the month before.
final as (
    select
        filled.store_key,
        filled.dataset,
        filled.store_id,
        filled.month_start_date,
        filled.is_complete_month,
        filled.receipts,
        filled.customers,
        filled.units,
        filled.sales_amount,
        filled.products,
        filled.basket_amount,
        filled.usual_basket_amount,
        previous.month_start_date as compared_start_date,
        previous.sales_amount as compared_sales_amount,
        filled.is_whole_month and coalesce(previous.is_whole_month, false) as is_like_for_like
    from filled
    left join filled as previous
        on
            filled.store_key = previous.store_key
            and filled.month_number = previous.month_number + filled.months_between
)

select * from final
