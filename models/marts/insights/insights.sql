{%- set findings = [
    ('campaign', 'int_campaign__response_insights'),
    ('grocery', 'int_grocery__promotion_insights'),
] -%}

with

findings as (
    {%- for dataset, model in findings if dataset in var('datasets') %}
    select
        '{{ dataset }}' as dataset,
        *
    from {{ ref(model) }}
    union all
    {%- endfor %}
    select * from {{ ref('int_products__insights') }}
    union all
    select * from {{ ref('int_promotions__insights') }}
    union all
    select * from {{ ref('int_loyalty__insights') }}
    union all
    select * from {{ ref('int_loyalty__preference_insights') }}
    union all
    select * from {{ ref('int_segmentation__insights') }}
    union all
    select * from {{ ref('int_segmentation__lifestage_insights') }}
    union all
    select * from {{ ref('int_baskets__insights') }}
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
        'The ' || replace(analysis, '_', ' ') || ' analysis with ' || n_clusters || ' clusters: ' || verdict
        || coalesce(
            ' (silhouette ' || {{ format_ratio('silhouette') }} || ', stability '
            || {{ format_ratio('stability') }} || ')', ''
        ) || '.' as insight,
        silhouette as metric_value,
        'silhouette' as metric_name,
        0 as touched_share,
        'segment_diagnostics' as evidence_mart,
        'analysis = ' || analysis || ', is_final' as evidence_key,
        case
            when verdict like '%unstable%' or silhouette is null
                then 'Do not rely on these segments: other customers of the same kind would give others.'
            else 'Read the segments as a useful division of a continuum, not as natural groups.'
        end as recommended_action
    from diagnostics
    where is_final and (silhouette is null or silhouette <= 0.5 or verdict like '%unstable%')
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

unmatched as (
    select
        dataset,
        'data quality' as topic,
        {{ format_count('unmatched_rows') }} || ' of ' || {{ format_count('accepted_rows') }} || ' accepted rows of '
        || source_file || ' belong to customers that the customer file lacks.' as insight,
        cast(unmatched_rows as double) / accepted_rows as metric_value,
        'share of unmatched rows' as metric_name,
        0 as touched_share,
        'row_reconciliation' as evidence_mart,
        'source_file = ' || source_file || ', unmatched_rows' as evidence_key,
        'Complete the customer file: these customers have no segment.' as recommended_action
    from reconciliation
    where unmatched_rows > 0
),

combined as (
    select
        *,
        false as is_caution
    from findings
    {%- for cautions in ['weak_segmentations', 'rejections', 'unmatched'] %}
    union all
    select
        *,
        true as is_caution
    from {{ cautions }}
    {%- endfor %}
),

weak_analyses as (
    select
        dataset,
        max(verdict) as verdict
    from diagnostics
    where is_final and (silhouette is null or silhouette <= 0.5 or verdict like '%unstable%')
    group by dataset
),

final as (
    select
        cast(row_number() over (
            order by
                combined.is_caution nulls last, combined.touched_share desc nulls last, combined.dataset nulls last,
                combined.evidence_mart nulls last, combined.evidence_key nulls last
        ) as integer) as insight_rank,
        combined.dataset,
        combined.topic,
        combined.insight || case
            when combined.topic = 'segments' then coalesce(' (' || weak_analyses.verdict || ')', '')
            else ''
        end as insight,
        combined.metric_name,
        cast(combined.metric_value as double) as metric_value,
        cast(combined.touched_share as double) as touched_share,
        combined.is_caution,
        combined.evidence_mart,
        combined.evidence_key,
        combined.recommended_action
    from combined
    left join weak_analyses on combined.dataset = weak_analyses.dataset
    -- A sentence with a number that can't be computed, such as a share of no sales, is none.
    where combined.insight is not null
)

select * from final
