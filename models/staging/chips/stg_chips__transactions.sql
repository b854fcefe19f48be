with

transactions as (
    select * from {{ ref('base_chips__transactions') }}
),

final as (
    select
        -- keys
        transaction_id,
        customer_id,
        store_id,
        product_id,

        -- attributes
        product_name,

        -- measures
        units,
        sales_amount,

        -- dates
        transaction_date
    from transactions
    where rejection_reason is null
)

select * from final
