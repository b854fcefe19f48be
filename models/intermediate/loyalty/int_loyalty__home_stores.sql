-- The store where a customer has most lines, of equal ones the first.
with

lines as (
    select
        customer_key,
        store_key
    from {{ ref('sales_lines') }}
    where customer_key is not null and store_key is not null
),

stores_of_customers as (
    select
        customer_key,
        min(store_key) as first_store_key,
        max(store_key) as last_store_key
    from lines
    group by customer_key
),

-- Most customers have one store, and need no counting.
counted as (
    select
        lines.customer_key,
        lines.store_key,
        count(*) as lines
    from lines
    inner join stores_of_customers
        on
            lines.customer_key = stores_of_customers.customer_key
            and stores_of_customers.first_store_key < stores_of_customers.last_store_key
    group by lines.customer_key, lines.store_key
),

most_used as (
    select
        customer_key,
        store_key
    from counted
    qualify row_number() over (
        partition by customer_key order by lines desc nulls last, store_key nulls last
    ) = 1
),

final as (
    select
        customer_key,
        first_store_key as store_key
    from stores_of_customers
    where first_store_key = last_store_key
    union all
    select
        customer_key,
        store_key
    from most_used
)

select * from final
