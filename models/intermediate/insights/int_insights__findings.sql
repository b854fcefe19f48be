{%- set models = [
    'int_segmentation__insights', 'int_segmentation__lifestage_insights', 'int_products__insights',
    'int_promotions__insights', 'int_loyalty__insights', 'int_loyalty__preference_insights', 'int_baskets__insights',
    'int_campaigns__insights', 'int_offers__insights',
] %}

with

findings as (
    {%- for model in models %}
    select
        dataset,
        topic,
        insight,
        metric_name,
        metric_value,
        touched_share,
        cautious_effect,
        evidence_mart,
        evidence_key,
        recommended_action
    from {{ ref(model) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- Segments that may not be real say so in every sentence about them. What rests on an analysis names it in its key.
weak_analyses as (
    select
        dataset,
        analysis,
        verdict
    from {{ ref('int_segmentation__verdicts') }}
    where not has_structure
),

final as (
    select
        findings.dataset,
        findings.topic,
        findings.insight || coalesce(' (' || weak_analyses.verdict || ')', '') as insight,
        findings.metric_name,
        findings.metric_value,
        findings.touched_share,
        findings.cautious_effect,
        findings.evidence_mart,
        findings.evidence_key,
        -- Who is told not to rely on segments is not told to act on them.
        case
            when weak_analyses.verdict like '%unstable%'
                then 'Do not act on it: other customers of the same kind would give other segments.'
            else findings.recommended_action
        end as recommended_action,
        weak_analyses.analysis is null as is_founded
    from findings
    left join weak_analyses
        on
            findings.dataset = weak_analyses.dataset
            and (
                findings.evidence_key || ',' like '%analysis = ' || weak_analyses.analysis || ',%'
                or (
                    findings.evidence_mart = 'lifestage_segment_clusters'
                    and weak_analyses.analysis = 'lifestage_segments'
                )
            )
    -- A sentence with a number that can't be computed, such as a share of no sales, is none.
    -- What moves next to no money is left to the marts.
    where
        findings.insight is not null
        and (
            findings.cautious_effect = 0
            or findings.touched_share * findings.cautious_effect >= {{ var('min_share_at_stake') }}
        )
)

select * from final
