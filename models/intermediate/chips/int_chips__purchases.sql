with

sales as (
    select * from {{ ref('int_chips__sales') }}
),

-- Receipt numbers are reused on other days and for other cards: one purchase is a card's receipt of one day.
final as (
    select
        customer_id,
        transaction_date,
        transaction_id,
        count(*) as lines,
        cast(sum(units) as bigint) as units,
        cast(sum(sales_amount) as decimal(18, 2)) as sales_amount
    from sales
    group by customer_id, transaction_date, transaction_id
)

select * from final
