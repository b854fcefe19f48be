{{- config(enabled=var('datasets') | length > 0) -}}
-- Scoring in SQL reproduces each fit in Python: squared distances of the fitted units add up to the inertia.
with

inertias as (
    {%- for analysis in enabled_analyses() %}
    select
        '{{ analysis }}' as analysis,
        sum(scores.distance * scores.distance) as scored_inertia,
        max(fit.inertia) as fitted_inertia
    from {{ ref(analysis_model(analysis, 'scores')) }} as scores
    inner join {{ ref(analysis_model(analysis, 'features')) }} as features on scores.unit_id = features.unit_id
    inner join {{ ref(analysis ~ '_centroids') }} as fit
        on fit.cluster_id = 1 and fit.feature = '{{ var("analyses")[analysis]["features"][0] }}'
    where features.is_fitted
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select *
from inertias
where abs(scored_inertia - fitted_inertia) > 1e-6 * (1 + fitted_inertia)
