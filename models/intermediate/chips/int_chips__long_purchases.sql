with

sales as (
    select * from {{ ref('int_chips__sales') }}
),

long_visits as (
    select * from {{ ref('int_chips__long_visits') }}
),

-- Receipt numbers are reused on other days and for other cards: one purchase is a card's receipt of one day.
final as (
    select
        sales.customer_id,
        sales.transaction_date,
        sales.transaction_id,
        count(*) as lines,
        cast(sum(sales.units) as bigint) as units,
        cast(sum(sales.sales_amount) as decimal(18, 2)) as sales_amount
    from sales
    inner join long_visits
        on sales.customer_id = long_visits.customer_id and sales.transaction_date = long_visits.transaction_date
    group by sales.customer_id, sales.transaction_date, sales.transaction_id
    having count(*) > 1
)

select * from final
