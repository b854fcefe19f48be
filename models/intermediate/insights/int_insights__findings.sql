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
        evidence_mart,
        evidence_key,
        recommended_action
    from {{ ref(model) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

weak_analyses as (
    select
        dataset,
        max(verdict) as verdict
    from {{ ref('segmentation_diagnostics') }}
    where is_final and (silhouette is null or silhouette <= 0.5 or verdict like '%unstable%')
    group by dataset
),

-- Segments that may not be real say so in every sentence about them.
final as (
    select
        findings.dataset,
        findings.topic,
        findings.insight || case
            when findings.topic = 'segments' then coalesce(' (' || weak_analyses.verdict || ')', '')
            else ''
        end as insight,
        findings.metric_name,
        findings.metric_value,
        findings.touched_share,
        findings.evidence_mart,
        findings.evidence_key,
        findings.recommended_action
    from findings
    left join weak_analyses on findings.dataset = weak_analyses.dataset
    -- A sentence with a number that can't be computed, such as a share of no sales, is none.
    where findings.insight is not null
)

select * from final
