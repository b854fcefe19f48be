with

sales as (
    select
        sales.*,
        coalesce(products.flavour_family, 'Not stated') as flavour_family
    from {{ ref('int_chips__sales') }} as sales
    inner join {{ ref('int_chips__products') }} as products on sales.product_id = products.product_id
),

final as (
    {{ sales_by('sales', keys=['flavour_family']) }}
)

select * from final
