{{- config(enabled='campaign' in var('datasets')) -}}
-- Scoring in SQL reproduces the fit in Python: squared distances of all but the outliers add up to the inertia.
with

scored as (
    select sum(scores.distance * scores.distance) as inertia
    from {{ ref('int_campaign__customer_scores') }} as scores
    inner join {{ ref('int_campaign__customer_features') }} as features on scores.unit_id = features.unit_id
    where features.is_fitted
),

fitted as (
    select max(inertia) as inertia from {{ ref('campaign_customers_centroids') }}
)

select
    scored.inertia as scored_inertia,
    fitted.inertia as fitted_inertia
from scored
cross join fitted
where abs(scored.inertia - fitted.inertia) > 1e-6 * (1 + fitted.inertia)
