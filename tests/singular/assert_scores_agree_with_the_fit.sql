-- Scoring in SQL reproduces each fit in Python: squared distances of the fitted units add up to the inertia.
with

scored as (
    select
        scores.analysis,
        sum(scores.distance * scores.distance) as scored_inertia
    from {{ ref('int_segmentation__scores') }} as scores
    inner join {{ ref('int_segmentation__units') }} as units
        on scores.analysis = units.analysis and scores.unit_id = units.unit_id
    where units.is_fitted
    group by scores.analysis
),

fits as (
    select
        analysis,
        max(inertia) as fitted_inertia
    from {{ ref('segmentation_centroids') }}
    group by analysis
)

select
    fits.analysis,
    scored.scored_inertia,
    fits.fitted_inertia
from fits
left join scored on fits.analysis = scored.analysis
where
    scored.scored_inertia is null
    or abs(scored.scored_inertia - fits.fitted_inertia) > 1e-6 * (1 + fits.fitted_inertia)
