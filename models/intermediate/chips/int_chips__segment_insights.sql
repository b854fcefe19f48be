with

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

all_units as (
    select cast(sum(segment_units) as double) as units
    from affinities
    where segment_type = 'premium tier' and attribute = 'brand'
),

preferences as (
    select
        affinities.segment_type || ' preferences' as topic,
        affinities.segment || ' customers choose ' || affinities.attribute_value || ' (' || affinities.attribute
        || ') ' || {{ format_ratio('affinities.affinity_index') }} || ' times as often as everybody else: '
        || {{ format_share('affinities.segment_unit_share') }} || ' against '
        || {{ format_share('affinities.other_unit_share') }} || ' of their packets.' as insight,
        affinities.affinity_index as metric_value,
        'affinity_index' as metric_name,
        affinities.segment_units / all_units.units as touched_share,
        'segment_affinity' as evidence_mart,
        affinities.segment_type || ' = ' || affinities.segment || ', ' || affinities.attribute || ' = '
        || affinities.attribute_value as evidence_key,
        'Offer ' || affinities.attribute_value || ' to ' || affinities.segment || ' customers first.'
            as recommended_action
    from affinities
    cross join all_units
    where
        affinities.segment_type in ('premium tier', 'life stage and tier')
        and affinities.is_significant
        and not affinities.is_small_count
        and affinities.affinity_index_low
        > case affinities.segment_type when 'premium tier' then 1 else {{ var('notable_index') }} end
        and affinities.attribute_value <> 'Not stated'
        and affinities.segment not like '%Unknown%'
    -- The largest preference, by the cautious estimate, of every tier and of all finer segments.
    qualify row_number() over (
        partition by
            affinities.segment_type,
            case affinities.segment_type when 'premium tier' then affinities.segment end
        order by
            affinities.affinity_index_low desc nulls last, affinities.segment nulls last,
            affinities.attribute_value nulls last
    ) = 1
),

final as (
    select * from segment_clusters
    union all
    select * from preferences
)

select * from final
