-- What the chosen methods say, also of the customers of the holdout, so that it can be compared with what they did.
with

predictions as (
    select * from {{ ref('int_loyalty__lifetime_predictions') }}
),

purchase_methods as (
    select * from {{ ref('int_loyalty__lifetime_methods') }}
    where target = 'purchases' and is_chosen
),

amount_methods as (
    select * from {{ ref('int_loyalty__lifetime_methods') }}
    where target = 'purchase amount' and is_chosen
),

chosen as (
    select
        predictions.*,
        purchase_methods.method as purchases_method,
        coalesce(amount_methods.method, 'all alike') as amount_method,
        case when purchase_methods.is_model then predictions.probability_active end as trusted_probability,
        purchase_methods.level_factor * case purchase_methods.method
            when 'all alike' then predictions.purchases_all_alike
            when 'recent purchases' then predictions.purchases_by_recent_count
            when 'purchase rate' then predictions.purchases_by_rate
            when 'as others with as many purchases' then predictions.purchases_by_count
            else predictions.purchases_by_bg_nbd
        end as expected_purchases,
        coalesce(amount_methods.level_factor, 1) * case amount_methods.method
            when 'own mean' then predictions.own_mean_amount
            when 'Gamma-Gamma' then predictions.gamma_gamma_amount
            else predictions.mean_amount_of_all
        end as expected_purchase_amount,
        cast(sum(predictions.returned_amount) over (
            partition by predictions.dataset, predictions.customer_group, predictions.snapshot
        ) as double) / sum(predictions.purchase_amount) over (
            partition by predictions.dataset, predictions.customer_group, predictions.snapshot
        ) as returned_share
    from predictions
    inner join purchase_methods
        on
            predictions.dataset = purchase_methods.dataset
            and predictions.customer_group = purchase_methods.customer_group
    left join amount_methods
        on
            predictions.dataset = amount_methods.dataset
            and predictions.customer_group = amount_methods.customer_group
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
        purchases_method,
        amount_method,
        round(trusted_probability, 9) as probability_active,
        round(expected_purchases, 9) as expected_purchases,
        round(expected_purchase_amount, 9) as expected_purchase_amount,
        round(expected_purchases * expected_purchase_amount * (1 - returned_share), 9) as expected_sales_amount,
        returned_share,
        next_purchases,
        next_sales_amount
    from chosen
)

select * from final
