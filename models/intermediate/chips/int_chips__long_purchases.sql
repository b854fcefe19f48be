with

lines as (
    select * from {{ ref('int_chips__long_purchase_lines') }}
),

final as (
    select
        customer_id,
        transaction_date,
        transaction_id,
        count(*) as lines,
        cast(sum(units) as bigint) as units,
        cast(sum(sales_amount) as decimal(18, 2)) as sales_amount
    from lines
    group by customer_id, transaction_date, transaction_id
)

select * from final
