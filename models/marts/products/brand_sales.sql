with

attribute_sales as (
    select * from {{ ref('int_products__attribute_sales') }}
),

final as (
    select
        dataset,
        attribute_value as brand,
        sales_amount,
        units,
        receipts as transactions,
        customers,
        avg_unit_price,
        sales_rank,
        sales_share,
        cumulative_sales_share
    from attribute_sales
    where attribute = 'brand'
)

select * from final
