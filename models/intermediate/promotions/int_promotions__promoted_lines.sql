with

lines as (
    select * from {{ ref('int_products__sales_lines') }}
),

promotions as (
    select * from {{ ref('int_promotions__promotions') }}
),

product_days as (
    select distinct
        product_key,
        receipt_date
    from {{ ref('int_products__daily_prices') }}
),

-- A line finds the promotion of its day at once. By product alone it would be compared with all promotions of its
-- product.
promotion_days as (
    select
        promotions.promotion_key,
        promotions.product_key,
        promotions.highest_discounted_price,
        product_days.receipt_date
    from promotions
    inner join product_days
        on
            promotions.product_key = product_days.product_key
            and product_days.receipt_date between promotions.first_date and promotions.last_date
),

final as (
    select
        promotion_days.promotion_key,
        lines.customer_key,
        lines.units,
        lines.sales_amount
    from lines
    inner join promotion_days
        on
            lines.product_key = promotion_days.product_key
            and lines.receipt_date = promotion_days.receipt_date
            and lines.unit_price <= promotion_days.highest_discounted_price
)

select * from final
