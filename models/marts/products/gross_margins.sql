with

gross_margins as (
    select * from {{ ref('int_products__gross_margins') }}
),

products as (
    select * from {{ ref('products') }}
),

-- Shares of what was sold have sales before returns as their base.
final as (
    select
        gross_margins.dataset,
        gross_margins.attribute,
        gross_margins.attribute_value,
        products.product_name,
        gross_margins.sales_amount,
        gross_margins.returned_amount,
        cast(gross_margins.returned_amount as double)
        / nullif(gross_margins.sales_amount + gross_margins.returned_amount, 0) as returned_share,
        gross_margins.costed_sales_amount,
        cast(gross_margins.costed_sales_amount as double) / nullif(gross_margins.sales_amount, 0)
            as costed_sales_share,
        gross_margins.cost_amount,
        gross_margins.margin_amount,
        cast(gross_margins.margin_amount as double) / nullif(gross_margins.costed_sales_amount, 0) as margin_share,
        gross_margins.discount_amount,
        case
            when gross_margins.discount_amount is not null
                then
                    cast(gross_margins.discounted_sold_amount as double)
                    / nullif(gross_margins.sales_amount + gross_margins.returned_amount, 0)
        end as discounted_share,
        cast(gross_margins.sold_discount_amount as double)
        / nullif(gross_margins.discounted_sold_amount + gross_margins.sold_discount_amount, 0) as discount_depth
    from gross_margins
    left join products
        on
            gross_margins.attribute = 'product'
            and gross_margins.dataset = products.dataset
            and gross_margins.attribute_value = products.product_id
)

select * from final
