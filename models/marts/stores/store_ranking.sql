with

-- Against the months before, all that would be left of the sum is the last month less the first.
store_months as (
    select
        *,
        is_like_for_like
        and {{ days_between('compared_start_date', 'month_start_date') }} > 31 as is_like_the_year_before
    from {{ ref('int_stores__months') }}
),

-- Customers and products of several months can't be added up.
bought as (
    select
        store_key,
        count(distinct customer_key) as customers,
        count(distinct product_key) as products
    from {{ ref('int_products__sales_lines') }}
    where store_key is not null and units > 0 and sales_amount >= 0
    group by store_key
),

totals as (
    select
        store_key,
        dataset,
        store_id,
        min(month_start_date) as first_month_date,
        max(month_start_date) as last_month_date,
        cast(sum(receipts) as bigint) as receipts,
        cast(sum(units) as decimal(18, 3)) as units,
        cast(sum(sales_amount) as decimal(18, 2)) as sales_amount,
        cast(sum(basket_amount) as double) / nullif(sum(usual_basket_amount), 0) as price_index_vs_all,
        count(*) filter (where is_like_the_year_before) as like_for_like_months,
        sum(sales_amount) filter (where is_like_the_year_before) as like_for_like_amount,
        sum(compared_sales_amount) filter (where is_like_the_year_before) as compared_amount
    from store_months
    group by store_key, dataset, store_id
),

ranked as (
    select
        totals.*,
        coalesce(bought.customers, 0) as customers,
        coalesce(bought.products, 0) as products,
        row_number() over (
            partition by totals.dataset order by totals.sales_amount desc nulls last, totals.store_id nulls last
        ) as sales_rank,
        sum(totals.sales_amount) over (partition by totals.dataset) as dataset_sales_amount,
        sum(totals.sales_amount) over (
            partition by totals.dataset
            order by totals.sales_amount desc nulls last, totals.store_id nulls last
            rows between unbounded preceding and current row
        ) as cumulative_sales_amount
    from totals
    left join bought on totals.store_key = bought.store_key
),

final as (
    select
        dataset,
        store_id,
        cast(sales_rank as integer) as sales_rank,
        first_month_date,
        last_month_date,
        receipts,
        customers,
        units,
        sales_amount,
        cast(sales_amount as double) / nullif(dataset_sales_amount, 0) as sales_share,
        cast(cumulative_sales_amount as double) / nullif(dataset_sales_amount, 0) as cumulative_sales_share,
        cast(sales_amount as double) / nullif(receipts, 0) as sales_per_receipt,
        cast(units as double) / nullif(receipts, 0) as units_per_receipt,
        products,
        price_index_vs_all,
        cast(like_for_like_months as integer) as like_for_like_months,
        cast(like_for_like_amount - compared_amount as double) / nullif(greatest(compared_amount, 0), 0)
            as like_for_like_change_share,
        receipts < {{ var('small_count') }} as is_small_count
    from ranked
)

select * from final
