with

sales as (
    select * from {{ ref('int_chips__sales') }}
),

long_purchases as (
    select * from {{ ref('int_chips__long_purchases') }}
),

purchases_of_one_line as (
    select
        sales.customer_id,
        sales.transaction_date,
        sales.transaction_id,
        cast(1 as bigint) as lines,
        sales.units,
        sales.sales_amount
    from sales
    left join long_purchases
        on
            sales.customer_id = long_purchases.customer_id
            and sales.transaction_date = long_purchases.transaction_date
            and sales.transaction_id = long_purchases.transaction_id
    where long_purchases.customer_id is null
),

final as (
    select * from purchases_of_one_line
    union all
    select * from long_purchases
)

select * from final
