{%- set predictors = ['constant', 'visits', 'visits_and_recency', 'rfm_segment'] %}
with

predictions as (
    select * from {{ ref('int_loyalty__activity_predictions') }}
),

outcomes as (
    select
        *,
        1 as outcome,
        active_customers as outcome_customers
    from predictions
    union all
    select
        *,
        0 as outcome,
        customers - active_customers as outcome_customers
    from predictions
),

by_predictor as (
    {%- for predictor in predictors %}
    select
        dataset,
        '{{ predictor | replace('_', ' ') }}' as predictor,
        {{ predictor }}_rate as predicted_rate,
        visits_rate,
        outcome,
        outcome_customers
    from outcomes
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

shares as (
    select
        dataset,
        predictor,
        sum(outcome * outcome_customers) as active_customers,
        sum(predicted_rate * outcome_customers) as predicted_customers,
        sum(visits_rate * outcome_customers) as predicted_by_visits
    from by_predictor
    group by dataset, predictor
),

-- Customers have a longer history at the second snapshot and the season is another, so all rates are scaled to the
-- share that came back: the question is who comes back, not how many.
scaled as (
    select
        by_predictor.dataset,
        by_predictor.predictor,
        round(by_predictor.predicted_rate, 9) as predicted_rate,
        round(least(
            1, by_predictor.predicted_rate * shares.active_customers / nullif(shares.predicted_customers, 0)
        ), 9) as scaled_rate,
        round(least(
            1, by_predictor.visits_rate * shares.active_customers / nullif(shares.predicted_by_visits, 0)
        ), 9) as scaled_visits_rate,
        by_predictor.outcome,
        by_predictor.outcome_customers
    from by_predictor
    inner join shares on by_predictor.dataset = shares.dataset and by_predictor.predictor = shares.predictor
),

final as (
    select
        dataset,
        predictor,
        predicted_rate,
        scaled_rate,
        scaled_visits_rate,
        outcome,
        cast(sum(outcome_customers) as bigint) as customers
    from scaled
    group by dataset, predictor, predicted_rate, scaled_rate, scaled_visits_rate, outcome
    having sum(outcome_customers) > 0
)

select * from final
