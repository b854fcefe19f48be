with

totals as (
    select
        *,
        cast(attribute_value as bigint) as product_id
    from {{ ref('int_chips__attribute_sales') }}
    where attribute = 'product'
),

products as (
    select * from {{ ref('int_chips__products') }}
),

measured as (
    {{ sales_by('totals', key='product_id') }}
),

final as (
    select
        measured.*,
        products.product_name,
        products.brand,
        products.flavour,
        products.flavour_family,
        products.pack_size_g,
        products.product_type,
        100 * measured.avg_unit_price / products.pack_size_g as price_per_100g,
        -- The product that crosses a limit still belongs to the class above it: a class is never empty at the top.
        case
            when measured.cumulative_sales_share - measured.sales_share < {{ var('abc_limits')[0] }} then 'A'
            when measured.cumulative_sales_share - measured.sales_share < {{ var('abc_limits')[1] }} then 'B'
            else 'C'
        end as abc_class
    from measured
    inner join products on measured.product_id = products.product_id
)

select * from final
