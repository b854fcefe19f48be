-- The chance that a customer who came back was ranked above one who did not; equal predictions count half (Hanley &
-- McNeil, Radiology 143, 1982).
with

predictions as (
    select
        dataset,
        predictor,
        predicted_rate,
        cast(coalesce(sum(customers) filter (where outcome = 1), 0) as double) as active_customers,
        cast(coalesce(sum(customers) filter (where outcome = 0), 0) as double) as other_customers
    from {{ ref('int_loyalty__predictor_outcomes') }}
    group by dataset, predictor, predicted_rate
),

ranked as (
    select
        *,
        sum(other_customers) over (
            partition by dataset, predictor order by predicted_rate nulls last
        ) as others_so_far
    from predictions
),

final as (
    select
        dataset,
        predictor,
        round(
            sum(active_customers * (others_so_far - other_customers / 2))
            / nullif(sum(active_customers) * sum(other_customers), 0), 9
        ) as rank_accuracy
    from ranked
    group by dataset, predictor
)

select * from final
