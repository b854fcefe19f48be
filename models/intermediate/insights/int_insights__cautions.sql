with

verdicts as (
    select * from {{ ref('int_segmentation__verdicts') }}
),

changes as (
    select * from {{ ref('int_segmentation__changes') }}
),

reconciliation as (
    select * from {{ ref('int_quality__reconciliation') }}
),

excluded_rows as (
    select * from {{ ref('int_quality__excluded_rows') }}
),

limits as (
    select * from {{ ref('int_baskets__limits') }}
),

anomalous_times as (
    select * from {{ ref('int_anomalies__events') }}
),

weak_segmentations as (
    select
        dataset,
        'segmentation quality' as topic,
        'The ' || replace(analysis, '_', ' ') || ' analysis with ' || n_clusters || ' clusters: ' || verdict
        || coalesce(
            ' (silhouette ' || {{ format_ratio('silhouette') }} || ', '
            || {{ format_ratio('reference_silhouette') }} || ' in data without groups, stability '
            || {{ format_ratio('stability') }} || ')', ''
        ) || '.' as insight,
        silhouette as metric_value,
        'silhouette' as metric_name,
        'segment_diagnostics' as evidence_mart,
        'analysis = ' || analysis || ', is_final' as evidence_key,
        case
            when verdict like '%unstable%' or silhouette is null
                then 'Do not rely on these segments: other customers of the same kind would give others.'
            when not has_structure
                then 'Treat the segments as a way to divide the customers: data without any groups gives as much.'
            else 'Read the segments as a useful division of a continuum, not as natural groups.'
        end as recommended_action
    from verdicts
    where not has_structure or verdict like 'weak%'
),

moved as (
    select
        dataset,
        analysis,
        sum(customers) filter (where change = 'moved') / cast(sum(customers) as double) as moved_share
    from changes
    where change in ('kept', 'moved')
    group by dataset, analysis
),

changed_segmentations as (
    select
        dataset,
        'segmentation quality' as topic,
        'The ' || replace(analysis, '_', ' ') || ' analysis: ' || {{ format_share('moved_share') }}
        || ' of customers have another segment than in the last build.' as insight,
        moved_share as metric_value,
        'share of moved customers' as metric_name,
        'segment_changes' as evidence_mart,
        'analysis = ' || analysis || ', change = moved' as evidence_key,
        'Look at who moved before you compare segments with those of earlier reports.' as recommended_action
    from moved
    where moved_share > {{ var('max_moved_share') }}
),

rejections as (
    select
        dataset,
        'data quality' as topic,
        {{ format_count('rejected_rows') }} || ' of ' || {{ format_count('raw_rows') }} || ' rows of ' || source_file
        || ' were refused.' as insight,
        cast(rejected_rows as double) / raw_rows as metric_value,
        'share of refused rows' as metric_name,
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
        'row_reconciliation' as evidence_mart,
        'source_file = ' || source_file || ', unmatched_rows' as evidence_key,
        'Complete the customer file: these customers have no segment.' as recommended_action
    from reconciliation
    where unmatched_rows > 0
),

later_sales as (
    select
        excluded_rows.dataset,
        'data quality' as topic,
        {{ format_count('excluded_rows.excluded_rows') }} || ' of ' || {{ format_count('reconciliation.raw_rows') }}
        || ' rows of ' || excluded_rows.source_file || ' are later than as_of_date and left out.' as insight,
        cast(excluded_rows.excluded_rows as double) / reconciliation.raw_rows as metric_value,
        'share of later rows' as metric_name,
        'excluded_rows' as evidence_mart,
        'source_file = ' || excluded_rows.source_file || ', exclusion_reason = ' || excluded_rows.exclusion_reason
            as evidence_key,
        'Leave as_of_date out of the settings to count all sales.' as recommended_action
    from excluded_rows
    inner join reconciliation
        on
            excluded_rows.dataset = reconciliation.dataset
            and excluded_rows.source_file = reconciliation.source_file
    where excluded_rows.exclusion_reason = 'later than as_of_date'
),

limited_baskets as (
    select
        dataset,
        'bought together' as topic,
        'Of ' || {{ format_count('found') }} || ' frequent ' || what || ' (' || item_level || ') the '
        || {{ format_count('limit_of_setting') }} || ' in most baskets are looked at: ' || setting || ' is the limit.'
            as insight,
        limit_of_setting / cast(found as double) as metric_value,
        'share of what was found' as metric_name,
        case when what = 'rules' then 'association_rules' else 'product_pairs' end as evidence_mart,
        'item_level = ' || item_level || ', ' || what as evidence_key,
        'Raise the limit in dbt_project.yml, or the support in basket_levels to get fewer.' as recommended_action
    from limits
),

anomalies as (
    select
        dataset,
        'data quality' as topic,
        case
            when last_date is null then 'Since ' || first_date
            when last_date = first_date then 'On ' || first_date
            else 'From ' || first_date || ' to ' || last_date
        end
        || ': ' || replace(replace(strongest_measure, 'sales_amount', 'sales'), '_', ' ') || ' '
        || {{ format_deviation('strongest_deviation_share') }}
        || case
            when strongest_measure <> 'sales_amount' and sales_deviation_share is not null
                then ', sales ' || {{ format_deviation('sales_deviation_share') }}
            else ''
        end
        || ' what was to be expected.' as insight,
        strongest_deviation_share as metric_value,
        'deviation_share' as metric_name,
        'sales_anomalies' as evidence_mart,
        'anomaly_id = ' || strongest_anomaly_id as evidence_key,
        'Find out what happened to all products, such as another way of counting, before comparing with this time.'
            as recommended_action
    from anomalous_times
),

final as (
    select * from weak_segmentations
    union all
    select * from changed_segmentations
    union all
    select * from anomalies
    union all
    select * from rejections
    union all
    select * from unmatched
    union all
    select * from later_sales
    union all
    select * from limited_baskets
)

select * from final
