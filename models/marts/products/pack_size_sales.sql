with

sales as (
    select
        sales.*,
        products.pack_size_g,
        coalesce(products.pack_size_g || ' g', 'Not stated') as pack_size
    from {{ ref('int_chips__sales') }} as sales
    inner join {{ ref('int_chips__products') }} as products on sales.product_id = products.product_id
),

final as (
    {{ sales_by('sales', keys=['pack_size'], attributes=['pack_size_g']) }}
)

select * from final
