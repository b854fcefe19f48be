{{- config(enabled='chips' in var('datasets')) -}}
-- Scoring in SQL reproduces the fit in Python: squared distances of the fitted units add up to the inertia.
with

scored as (
    select sum(scores.distance * scores.distance) as inertia
    from {{ ref('int_chips__lifestage_scores') }} as scores
    inner join {{ ref('int_chips__lifestage_features') }} as features on scores.unit_id = features.unit_id
    where features.is_fitted
),

fitted as (
    select max(inertia) as inertia from {{ ref('lifestage_segments_centroids') }}
)

select
    scored.inertia as scored_inertia,
    fitted.inertia as fitted_inertia
from scored
cross join fitted
where abs(scored.inertia - fitted.inertia) > 1e-6 * (1 + fitted.inertia)
