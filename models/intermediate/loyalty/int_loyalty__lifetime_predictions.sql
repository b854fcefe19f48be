-- What each method says of the customers of a snapshot.
with

customers as (
    select * from {{ ref('int_loyalty__lifetime_customers') }}
    where snapshot <> 'fit'
),

rates as (
    select * from {{ ref('int_loyalty__lifetime_rates') }}
),

fits as (
    select * from {{ ref('lifetime_fits') }}
),

expectations as (
    select * from {{ ref('lifetime_expectations') }}
),

joined as (
    select
        customers.*,
        coalesce(
            rates.expected_purchases,
            max(rates.mean_of_all) over (
                partition by customers.dataset, customers.customer_group, customers.snapshot
            )
        ) as purchases_by_count,
        cast(sum(customers.purchase_amount) over (
            partition by customers.dataset, customers.customer_group, customers.snapshot
        ) as double) / sum(customers.purchases) over (
            partition by customers.dataset, customers.customer_group, customers.snapshot
        ) as mean_amount_of_all,
        fits.p * (fits.gamma + customers.purchases * customers.mean_purchase_amount)
        / (fits.p * customers.purchases + fits.q - 1) as gamma_gamma_amount,
        expectations.purchases_if_active,
        ln(fits.a / (fits.b + greatest(customers.repeat_purchases, 1) - 1))
        + (fits.r + customers.repeat_purchases)
        * ln((fits.alpha + customers.age_days) / (fits.alpha + customers.recency_days)) as log_odds_of_having_left
    from customers
    left join rates
        on
            customers.dataset = rates.dataset
            and customers.customer_group = rates.customer_group
            and customers.snapshot = rates.snapshot
            and least(customers.purchases, 20) = rates.purchases_class
    left join fits
        on
            customers.dataset = fits.dataset
            and customers.customer_group = fits.customer_group
            and customers.snapshot = fits.snapshot
    left join expectations
        on
            customers.dataset = expectations.dataset
            and customers.customer_group = expectations.customer_group
            and customers.snapshot = expectations.snapshot
            and customers.repeat_purchases = expectations.repeat_purchases
            and customers.age_days = expectations.age_days
),

active as (
    select
        *,
        -- Who came once has not left: leaving follows a repeat purchase. Larger odds than e to the 700 are no number.
        case
            when purchases_if_active is null then null
            when repeat_purchases = 0 then 1
            when log_odds_of_having_left > 700 then 0
            else 1 / (1 + exp(log_odds_of_having_left))
        end as probability_active
    from joined
),

final as (
    select
        dataset,
        customer_group,
        snapshot,
        snapshot_date,
        customer_key,
        customer_id,
        has_unknown_past,
        purchases,
        next_purchases,
        next_mean_amount,
        next_sales_amount,
        round(probability_active, 9) as probability_active,
        cast(1 as double) as purchases_all_alike,
        cast(recent_purchases as double) as purchases_by_recent_count,
        cast(repeat_purchases as double) * {{ var('lifetime_horizon_days') }}
        / greatest(age_days, 1) as purchases_by_rate,
        purchases_by_count,
        round(probability_active * purchases_if_active, 9) as purchases_by_bg_nbd,
        mean_amount_of_all,
        mean_purchase_amount as own_mean_amount,
        round(gamma_gamma_amount, 9) as gamma_gamma_amount,
        purchase_amount,
        returned_amount
    from active
)

select * from final
