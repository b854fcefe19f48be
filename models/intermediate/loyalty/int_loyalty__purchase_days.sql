with

receipts as (
    select * from {{ ref('int_products__receipts') }}
    where customer_key is not null
),

days as (
    select
        dataset,
        customer_key,
        receipt_date,
        cast(sum(sales_amount) as decimal(18, 2)) as sales_amount
    from receipts
    group by dataset, customer_key, receipt_date
),

-- A day on which as much came back as was bought is no purchase, but what was given back is taken off the sales.
final as (
    select
        dataset,
        customer_key,
        receipt_date,
        sales_amount,
        sales_amount > 0 as is_purchase,
        cast(sum(case when sales_amount > 0 then 1 else 0 end) over (
            partition by customer_key
            order by receipt_date nulls last rows between unbounded preceding and current row
        ) as integer) as purchases_so_far
    from days
)

select * from final
