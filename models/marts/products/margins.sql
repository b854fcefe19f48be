with

margins as (
    select * from {{ ref('int_products__margins') }}
),

products as (
    select * from {{ ref('products') }}
),

final as (
    select
        margins.dataset,
        margins.attribute,
        margins.attribute_value,
        products.product_name,
        margins.sales_amount,
        margins.costed_sales_amount,
        margins.cost_amount,
        margins.margin_amount,
        cast(margins.margin_amount as double) / nullif(margins.costed_sales_amount, 0) as margin_share,
        margins.discount_amount,
        -- Of what the goods would have brought at full price.
        cast(margins.discount_amount as double) / nullif(margins.sales_amount + margins.discount_amount, 0)
            as discount_share,
        case
            when margins.discount_amount is not null
                then cast(coalesce(margins.discounted_sales_amount, 0) as double) / nullif(margins.sales_amount, 0)
        end as discounted_sales_share
    from margins
    left join products
        on
            margins.attribute = 'product'
            and margins.dataset = products.dataset
            and margins.attribute_value = products.product_id
)

select * from final
