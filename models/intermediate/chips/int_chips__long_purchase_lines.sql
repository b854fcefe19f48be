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
        sales.product_id,
        sales.units,
        sales.sales_amount
    from sales
    inner join long_visits
        on sales.customer_id = long_visits.customer_id and sales.transaction_date = long_visits.transaction_date
    qualify
        count(*) over (partition by sales.customer_id, sales.transaction_date, sales.transaction_id) > 1
)

select * from final
