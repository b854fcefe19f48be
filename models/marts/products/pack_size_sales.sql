with

attribute_sales as (
    select * from {{ ref('int_products__attribute_sales') }}
),

final as (
    select
        dataset,
        attribute_value as pack_size,
        try_cast(split_part(attribute_value, ' ', 1) as integer) as pack_size_g,
        sales_amount,
        units,
        receipts as transactions,
        customers,
        avg_unit_price,
        sales_rank,
        sales_share,
        cumulative_sales_share
    from attribute_sales
    where attribute = 'pack size'
)

select * from final
