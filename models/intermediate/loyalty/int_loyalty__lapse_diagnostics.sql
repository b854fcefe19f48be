with

-- Each dataset has a row for each predictor, also where its days are too few for any answer.
predictors as (
    {%- for predictor in ['constant', 'visits', 'visits and recency', 'rfm segment'] %}
    select '{{ predictor }}' as predictor
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

datasets as (
    select * from {{ ref('int_loyalty__snapshot_days') }}
    where snapshot = 'now'
),

ranks as (
    select * from {{ ref('int_loyalty__predictor_ranks') }}
),

-- Predictors are compared customer by customer, by their squared errors.
errors as (
    select
        *,
        (outcome - scaled_rate) * (outcome - scaled_rate) as squared_error,
        (outcome - scaled_visits_rate) * (outcome - scaled_visits_rate)
        - (outcome - scaled_rate) * (outcome - scaled_rate) as gain
    from {{ ref('int_loyalty__predictor_outcomes') }}
),

scores as (
    select
        dataset,
        predictor,
        cast(sum(customers) as bigint) as customers,
        sum(outcome * customers) / cast(sum(customers) as double) as active_share,
        sum(predicted_rate * customers) / sum(customers) as predicted_share,
        sum(squared_error * customers) / sum(customers) as brier_score,
        sum(gain * customers) / sum(customers) as mean_gain,
        sum(gain * gain * customers) / sum(customers) as mean_squared_gain
    from errors
    group by dataset, predictor
),

judged as (
    select
        *,
        round(
            mean_gain / nullif(sqrt(greatest(0, mean_squared_gain - mean_gain * mean_gain) / customers), 0), 6
        ) as gain_z_score
    from scores
),

final as (
    select
        datasets.dataset,
        predictors.predictor,
        datasets.days_covered,
        judged.customers,
        round(judged.active_share, 9) as active_share,
        round(judged.predicted_share, 9) as predicted_share,
        round(judged.brier_score, 9) as brier_score,
        ranks.rank_accuracy,
        judged.gain_z_score,
        case
            when judged.customers is not null then coalesce(judged.gain_z_score > {{ z_95() }}, false)
        end as is_better_than_visits,
        case
            when judged.customers is null
                then
                    'too short: ' || datasets.days_covered || ' days of sales, '
                    || {{ 3 * var('lapse_horizon_days') }} || ' are needed'
            when predictors.predictor = 'visits' then 'what the others are compared with'
            when judged.gain_z_score > {{ z_95() }} then 'better than a count of visits'
            when judged.gain_z_score < -{{ z_95() }} then 'worse than a count of visits'
            else 'no better than a count of visits'
        end as verdict
    from datasets
    cross join predictors
    left join judged on datasets.dataset = judged.dataset and predictors.predictor = judged.predictor
    left join ranks on datasets.dataset = ranks.dataset and predictors.predictor = ranks.predictor
)

select * from final
