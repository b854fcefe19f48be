with

diagnostics as (
    select * from {{ ref('int_loyalty__lapse_diagnostics') }}
),

final as (
    select
        dataset,
        predictor,
        days_covered,
        customers,
        active_share,
        predicted_share,
        brier_score,
        rank_accuracy,
        gain_z_score,
        is_better_than_visits,
        verdict
    from diagnostics
)

select * from final
