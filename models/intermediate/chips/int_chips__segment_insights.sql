with

clusters as (
    select * from {{ ref('lifestage_segment_clusters') }}
),

actions as (
    select * from {{ ref('segment_actions') }}
),

totals as (
    select
        nullif(cast(sum(total_sales) as double), 0) as sales_amount,
        count(*) as segments
    from clusters
),

first_actions as (
    select
        segment_name,
        action
    from actions
    where analysis = 'lifestage_segments' and action_rank = 1
),

segment_clusters as (
    select
        'segments' as topic,
        clusters.segment_name || ': ' || count(*) || ' of ' || max(totals.segments) || ' life stages and tiers, '
        || {{ format_count('sum(clusters.customer_count)') }} || ' customers, '
        || {{ format_share('cast(sum(clusters.total_sales) as double) / max(totals.sales_amount)') }} || ' of sales, '
        || {{ format_ratio('cast(sum(clusters.total_sales) as double) / sum(clusters.customer_count)') }}
        || ' per customer on average.' as insight,
        cast(sum(clusters.total_sales) as double) / sum(clusters.customer_count) as metric_value,
        'sales per customer' as metric_name,
        cast(sum(clusters.total_sales) as double) / max(totals.sales_amount) as touched_share,
        'lifestage_segment_clusters' as evidence_mart,
        'segment_name = ' || clusters.segment_name as evidence_key,
        coalesce(max(first_actions.action), 'Treat them as the average customer.') as recommended_action
    from clusters
    cross join totals
    left join first_actions on clusters.segment_name = first_actions.segment_name
    where clusters.cluster_id > 0
    group by clusters.segment_name
),

final as (
    select * from segment_clusters
)

select * from final
