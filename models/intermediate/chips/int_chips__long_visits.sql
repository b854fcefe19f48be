with

sales as (
    select * from {{ ref('int_chips__sales') }}
),

final as (
    select
        customer_id,
        transaction_date,
        count(*) as lines
    from sales
    group by customer_id, transaction_date
    having count(*) > 1
)

select * from final
