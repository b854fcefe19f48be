with

sales as (
    select
        sales.*,
        products.product_name,
        products.brand,
        products.flavour,
        products.flavour_family,
        products.pack_size_g,
        products.product_type
    from {{ ref('int_chips__sales') }} as sales
    inner join {{ ref('int_chips__products') }} as products on sales.product_id = products.product_id
),

measured as (
    {{ sales_by(
        'sales',
        keys=['product_id'],
        attributes=['product_name', 'brand', 'flavour', 'flavour_family', 'pack_size_g', 'product_type']
    ) }}
),

final as (
    select
        *,
        100 * avg_unit_price / pack_size_g as price_per_100g,
        -- The product that crosses a limit still belongs to the class above it: a class is never empty at the top.
        case
            when cumulative_sales_share - sales_share < {{ var('abc_limits')[0] }} then 'A'
            when cumulative_sales_share - sales_share < {{ var('abc_limits')[1] }} then 'B'
            else 'C'
        end as abc_class
    from measured
)

select * from final
