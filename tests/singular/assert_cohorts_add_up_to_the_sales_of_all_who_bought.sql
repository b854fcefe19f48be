-- Every customer with a purchase is in one cohort, and no cent of theirs is lost or counted twice.
with

receipts as (
    select
        *,
        max(case when units >= 0 then 1 else 0 end) over (partition by customer_key) as has_bought
    from {{ ref('int_products__receipts') }}
    where customer_key is not null
),

bought as (
    select
        dataset,
        count(distinct customer_key) as customers,
        count(*) filter (where units >= 0) as receipts,
        sum(sales_amount) as sales_amount
    from receipts
    where has_bought = 1
    group by dataset
),

cohorts as (
    select
        dataset,
        sum(customers) filter (where months_since = 0) as customers,
        sum(receipts) as receipts,
        sum(sales_amount) as sales_amount
    from {{ ref('customer_cohorts') }}
    group by dataset
)

select
    bought.dataset,
    bought.sales_amount,
    cohorts.sales_amount as cohorts_sales_amount
from bought
full outer join cohorts on bought.dataset = cohorts.dataset
where
    bought.customers is distinct from cohorts.customers
    or bought.receipts is distinct from cohorts.receipts
    or bought.sales_amount is distinct from cohorts.sales_amount
