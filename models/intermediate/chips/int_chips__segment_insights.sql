with

customers as (
    select * from {{ ref('loyalty_customers') }}
),

clusters as (
    select * from {{ ref('lifestage_segment_clusters') }}
),

actions as (
    select * from {{ ref('segment_actions') }}
),

affinities as (
    select * from {{ ref('segment_affinity') }}
),

totals as (
    select cast(sum(sales_amount) as double) as sales_amount from customers
),

segment_clusters as (
    select
        'segments' as topic,
        'The ' || clusters.segment_name || ' segment: ' || {{ format_count('sum(clusters.customer_count)') }}
        || ' customers, ' || {{ format_share('cast(sum(clusters.total_sales) as double) / max(totals.sales_amount)') }}
        || ' of sales, '
        || {{ format_ratio('cast(sum(clusters.total_sales) as double) / sum(clusters.customer_count)') }}
        || ' per customer.' as insight,
        cast(sum(clusters.total_sales) as double) / sum(clusters.customer_count) as metric_value,
        'sales per customer' as metric_name,
        cast(sum(clusters.total_sales) as double) / max(totals.sales_amount) as touched_share,
        'lifestage_segment_clusters' as evidence_mart,
        'segment_name = ' || clusters.segment_name as evidence_key,
        max(actions.action) as recommended_action
    from clusters
    cross join totals
    left join actions
        on
            clusters.segment_name = actions.segment_name
            and actions.analysis = 'lifestage_segments'
            and actions.action_rank = 1
    group by clusters.segment_name
),

preferences as (
    select
        segment_type || ' preferences' as topic,
        segment || ' buyers (' || segment_type || ') choose the ' || attribute || ' ' || attribute_value || ' '
        || {{ format_ratio('affinity_index') }} || ' times as often as everybody else ('
        || {{ format_share('segment_unit_share') }} || ' against ' || {{ format_share('other_unit_share') }}
        || ' of units).' as insight,
        affinity_index as metric_value,
        'affinity_index' as metric_name,
        segment_unit_share as touched_share,
        'segment_affinity' as evidence_mart,
        segment_type || ' = ' || segment || ', ' || attribute || ' = ' || attribute_value as evidence_key,
        'Offer ' || attribute_value || ' to ' || segment || ' customers first.' as recommended_action
    from affinities
    where
        segment_type in ('premium tier', 'life stage and tier')
        and is_significant
        and not is_small_count
        and affinity_index > 1
        and attribute_value <> 'Not stated'
    -- The clearest preference of every tier, and the clearest of all finer segments.
    qualify row_number() over (
        partition by segment_type, case segment_type when 'premium tier' then segment end
        order by p_value, affinity_index desc, segment, attribute_value
    ) = 1
),

final as (
    select * from segment_clusters
    union all
    select * from preferences
)

select * from final
