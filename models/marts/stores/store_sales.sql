with

store_months as (
    select * from {{ ref('int_stores__months') }}
),

final as (
    select
        dataset,
        store_id,
        month_start_date,
        receipts,
        customers,
        units,
        sales_amount,
        cast(sales_amount as double)
        / nullif(sum(sales_amount) over (partition by dataset, month_start_date), 0) as sales_share,
        cast(sales_amount as double) / nullif(receipts, 0) as sales_per_receipt,
        products,
        cast(basket_amount as double) / nullif(usual_basket_amount, 0) as price_index_vs_all,
        compared_start_date,
        compared_sales_amount,
        is_like_for_like,
        cast(sales_amount - compared_sales_amount as double) / nullif(greatest(compared_sales_amount, 0), 0)
            as change_share,
        is_complete_month,
        receipts < {{ var('small_count') }} as is_small_count
    from store_months
)

select * from final
