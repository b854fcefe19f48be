with

sales as (
    select * from {{ ref('int_chips__sales') }}
),

final as (
    select
        product_id,
        transaction_date,
        cast(date_trunc('week', transaction_date) as date) as week_start_date,
        unit_price,
        count(*) as lines,
        cast(sum(units) as bigint) as units,
        sum(sales_amount) as sales_amount
    from sales
    group by product_id, transaction_date, unit_price
)

select * from final
