with

sales as (
    select
        sales.*,
        products.brand
    from {{ ref('int_chips__sales') }} as sales
    inner join {{ ref('int_chips__products') }} as products on sales.product_id = products.product_id
),

final as (
    {{ sales_by('sales', keys=['brand']) }}
)

select * from final
