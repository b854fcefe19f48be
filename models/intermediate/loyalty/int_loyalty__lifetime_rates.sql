-- What customers did after a snapshot, by how often they had bought, is said of those of the next snapshot.
with

customers as (
    select * from {{ ref('int_loyalty__lifetime_customers') }}
    where snapshot <> 'now'
),

counted as (
    select
        dataset,
        customer_group,
        case snapshot when 'fit' then 'check' else 'now' end as snapshot,
        least(purchases, 20) as purchases_class,
        count(*) as customers,
        cast(sum(next_purchases) as double) as next_purchases
    from customers
    group by dataset, customer_group, snapshot, least(purchases, 20)
),

summed as (
    select
        *,
        sum(customers) over (partition by dataset, customer_group, snapshot) as all_customers,
        sum(next_purchases) over (partition by dataset, customer_group, snapshot)
        / sum(customers) over (partition by dataset, customer_group, snapshot) as mean_of_all
    from counted
),

-- A mean of few customers is chance; it is drawn to that of all.
final as (
    select
        dataset,
        customer_group,
        snapshot,
        purchases_class,
        mean_of_all,
        (next_purchases + {{ var('small_count') }} * mean_of_all)
        / (customers + {{ var('small_count') }}) as expected_purchases
    from summed
    where all_customers >= {{ var('small_count') }}
)

select * from final
