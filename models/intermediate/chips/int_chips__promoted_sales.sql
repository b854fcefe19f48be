with

sales as (
    select * from {{ ref('int_chips__sales') }}
),

promotions as (
    select * from {{ ref('int_chips__promotions') }}
),

final as (
    select
        promotions.promotion_id,
        sales.customer_id,
        cast(sum(sales.units) as bigint) as units,
        cast(sum(sales.sales_amount) as decimal(18, 2)) as sales_amount
    from sales
    inner join promotions
        on
            sales.product_id = promotions.product_id
            and sales.transaction_date between promotions.first_date and promotions.last_date
            and sales.unit_price <= promotions.highest_discounted_price
    group by promotions.promotion_id, sales.customer_id
)

select * from final
