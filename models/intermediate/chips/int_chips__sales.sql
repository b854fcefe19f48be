with

transactions as (
    select * from {{ ref('stg_chips__transactions') }}
),

products as (
    select * from {{ ref('int_chips__products') }}
),

final as (
    select
        transactions.transaction_id,
        transactions.customer_id,
        transactions.store_id,
        transactions.product_id,
        transactions.transaction_date,
        transactions.units,
        transactions.sales_amount,
        cast(transactions.sales_amount / transactions.units as decimal(18, 2)) as unit_price
    from transactions
    inner join products on transactions.product_id = products.product_id
    where products.product_type in ({{ sql_texts(var('product_types')) }})
)

select * from final
