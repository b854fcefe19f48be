{%- set findings = [
    ('chips', 'int_chips__product_insights'),
    ('chips', 'int_chips__customer_insights'),
    ('chips', 'int_chips__segment_insights'),
    ('shop', 'int_shop__segment_insights'),
] -%}

with

findings as (
    {%- for dataset, model in findings if dataset in var('datasets') %}
    select
        '{{ dataset }}' as dataset,
        *
    from {{ ref(model) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

diagnostics as (
    select * from {{ ref('segment_diagnostics') }}
),

reconciliation as (
    select * from {{ ref('row_reconciliation') }}
),

weak_segmentations as (
    select
        dataset,
        'segmentation quality' as topic,
        'The ' || replace(analysis, '_', ' ') || ' analysis with ' || n_clusters || ' clusters has ' || verdict
        || ' (silhouette ' || {{ format_ratio('silhouette') }} || ', stability ' || {{ format_ratio('stability') }}
        || ').' as insight,
        silhouette as metric_value,
        'silhouette' as metric_name,
        0 as touched_share,
        'segment_diagnostics' as evidence_mart,
        'analysis = ' || analysis || ', is_chosen' as evidence_key,
        'Read the segments as a useful division of a continuum, not as natural groups.' as recommended_action
    from diagnostics
    where is_chosen and (silhouette <= 0.5 or verdict like '%unstable%')
),

rejections as (
    select
        dataset,
        'data quality' as topic,
        {{ format_count('rejected_rows') }} || ' of ' || {{ format_count('raw_rows') }} || ' rows of ' || source_file
        || ' were rejected.' as insight,
        cast(rejected_rows as double) / raw_rows as metric_value,
        'share of rejected rows' as metric_name,
        0 as touched_share,
        'rejected_rows' as evidence_mart,
        'source_file = ' || source_file as evidence_key,
        'Read the reasons, and correct them where the file is made.' as recommended_action
    from reconciliation
    where rejected_rows > 0
),

combined as (
    select
        *,
        false as is_caution
    from findings
    union all
    select
        *,
        true as is_caution
    from weak_segmentations
    union all
    select
        *,
        true as is_caution
    from rejections
),

final as (
    select
        cast(row_number() over (
            order by is_caution, touched_share desc, dataset, evidence_mart, evidence_key
        ) as integer) as insight_rank,
        dataset,
        topic,
        insight,
        metric_name,
        cast(metric_value as double) as metric_value,
        is_caution,
        evidence_mart,
        evidence_key,
        recommended_action
    from combined
)

select * from final
