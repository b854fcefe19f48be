-- A finding per cluster of life stages and tiers: how many groups and customers, and what they spend.
with

groups as (
    select * from {{ ref('int_segmentation__groups') }}
    where analysis = 'lifestage_segments'
),

scores as (
    select * from {{ ref('int_segmentation__scores') }}
),

names as (
    select * from {{ ref('int_segmentation__names') }}
),

actions as (
    select * from {{ ref('int_segmentation__actions') }}
    where action_rank = 1
),

totals as (
    select
        dataset,
        nullif(cast(sum(sales_amount) as double), 0) as sales_amount,
        sum(customers) as customers,
        count(*) as groups
    from groups
    group by dataset
),

segments as (
    select
        groups.dataset,
        groups.analysis,
        scores.cluster_id,
        names.segment_name,
        count(*) as groups,
        sum(groups.customers) as customers,
        cast(sum(groups.sales_amount) as double) as sales_amount
    from groups
    inner join scores on groups.analysis = scores.analysis and groups.unit_id = scores.unit_id
    inner join names on scores.analysis = names.analysis and scores.cluster_id = names.cluster_id
    group by groups.dataset, groups.analysis, scores.cluster_id, names.segment_name
),

indexed as (
    select
        segments.*,
        totals.groups as all_groups,
        segments.sales_amount / totals.sales_amount as sales_share,
        segments.sales_amount / segments.customers / (totals.sales_amount / totals.customers) as spend_index
    from segments
    inner join totals on segments.dataset = totals.dataset
),

final as (
    select
        segments.dataset,
        'segments' as topic,
        segments.segment_name || ': ' || segments.groups || ' of ' || segments.all_groups || ' life stages and tiers, '
        || {{ format_count('segments.customers') }} || ' customers, '
        || {{ format_share('segments.sales_share') }} || ' of sales, '
        || {{ format_ratio('segments.sales_amount / segments.customers') }} || ' per customer on average.' as insight,
        segments.sales_amount / segments.customers as metric_value,
        'sales per customer' as metric_name,
        segments.sales_share as touched_share,
        coalesce({{ cautious_effect('segments.spend_index', 'segments.spend_index') }}, 0) as cautious_effect,
        'lifestage_segment_clusters' as evidence_mart,
        'segment_name = ' || segments.segment_name as evidence_key,
        coalesce(actions.action, 'Treat them as the average customer.') as recommended_action
    from indexed as segments
    left join actions on segments.analysis = actions.analysis and segments.cluster_id = actions.cluster_id
)

select * from final
