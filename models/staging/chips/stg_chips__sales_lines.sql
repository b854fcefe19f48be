with

transactions as (
    select * from {{ ref('base_chips__transactions') }}
),

final as (
    select
        -- keys
        cast(transaction_id as {{ dbt.type_string() }}) as receipt_id,
        cast(customer_id as {{ dbt.type_string() }}) as customer_id,
        cast(store_id as {{ dbt.type_string() }}) as store_id,
        cast(product_id as {{ dbt.type_string() }}) as product_id,

        -- attributes
        product_name,

        -- measures
        units,
        sales_amount,
        cast(null as decimal(18, 2)) as cost_amount,
        cast(null as decimal(18, 2)) as discount_amount,

        -- dates
        cast(null as timestamp) as sold_at,
        transaction_date as receipt_date
    from transactions
    where rejection_reason is null and {{ is_until_as_of_date('transaction_date', var('as_of_date')) }}
)

select * from final
