with

lines as (
    select * from {{ ref('int_products__sales_lines') }}
),

promotions as (
    select * from {{ ref('int_promotions__promotions') }}
),

final as (
    select
        promotions.promotion_key,
        lines.customer_key,
        lines.units,
        lines.sales_amount
    from lines
    inner join promotions
        on
            lines.product_key = promotions.product_key
            and lines.receipt_date between promotions.first_date and promotions.last_date
            and lines.unit_price <= promotions.highest_discounted_price
)

select * from final
