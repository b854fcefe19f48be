with

customers as (
    select * from {{ ref('loyalty_customers') }}
),

loyal_profile as (
    select * from {{ ref('loyal_customer_profile') }}
),

clusters as (
    select * from {{ ref('lifestage_segment_clusters') }}
),

affinities as (
    select * from {{ ref('segment_affinity') }}
),

totals as (
    select
        count(*) as customers,
        cast(sum(sales_amount) as double) as sales_amount
    from customers
),

rfm_totals as (
    select
        rfm_segment,
        is_loyal,
        count(*) as customers,
        cast(sum(sales_amount) as double) as sales_amount
    from customers
    group by rfm_segment, is_loyal
),

loyal_customers as (
    select
        'loyal customers' as topic,
        {{ format_share('sum(rfm_totals.customers) / max(totals.customers)') }} || ' of customers are loyal and bring '
        || {{ format_share('sum(rfm_totals.sales_amount) / max(totals.sales_amount)') }} || ' of sales.' as insight,
        sum(rfm_totals.sales_amount) / max(totals.sales_amount) as metric_value,
        'sales_share of loyal customers' as metric_name,
        sum(rfm_totals.sales_amount) / max(totals.sales_amount) as sales_share,
        'loyalty_customers' as evidence_mart,
        'is_loyal' as evidence_key,
        'Measure every offer by what it does to these customers first.' as recommended_action
    from rfm_totals
    cross join totals
    where rfm_totals.is_loyal
    having count(*) > 0
),

lapsed_customers as (
    select
        'customers at risk' as topic,
        {{ format_count('rfm_totals.customers') }} || ' customers are "' || rfm_totals.rfm_segment
        || '": they brought ' || {{ format_share('rfm_totals.sales_amount / totals.sales_amount') }}
        || ' of sales and have stopped coming.' as insight,
        rfm_totals.customers as metric_value,
        'customers' as metric_name,
        rfm_totals.sales_amount / totals.sales_amount as sales_share,
        'loyalty_customers' as evidence_mart,
        'rfm_segment = ' || rfm_totals.rfm_segment as evidence_key,
        'Win them back now, with an offer on what each of them bought most.' as recommended_action
    from rfm_totals
    cross join totals
    where rfm_totals.rfm_segment in (select rfm_segment from {{ ref('rfm_segments') }} where f_min = '4' and r_max = '2')
),

loyal_traits as (
    select
        'loyal customers' as topic,
        attribute_value || ' stands out most among the loyal customers by ' || attribute || ': '
        || {{ format_share('loyal_share') }} || ' against ' || {{ format_share('other_share') }}
        || ' among the others, ' || {{ format_ratio('affinity_index') }} || ' times as much.' as insight,
        affinity_index as metric_value,
        'affinity_index' as metric_name,
        loyal_share as sales_share,
        'loyal_customer_profile' as evidence_mart,
        attribute || ' = ' || attribute_value as evidence_key,
        'Look for the next loyal customers where the present ones are: ' || attribute || ' ' || attribute_value || '.'
            as recommended_action
    from loyal_profile
    where is_significant and not is_small_count and affinity_index > 1
    qualify row_number() over (partition by attribute order by p_value, affinity_index desc, attribute_value) = 1
),

segment_clusters as (
    select
        'segments' as topic,
        'The ' || clusters.segment_name || ' segment: ' || {{ format_count('sum(clusters.customer_count)') }}
        || ' customers, ' || {{ format_share('cast(sum(clusters.total_sales) as double) / max(totals.sales_amount)') }}
        || ' of sales, ' || {{ format_ratio('cast(sum(clusters.total_sales) as double) / sum(clusters.customer_count)') }}
        || ' per customer.' as insight,
        cast(sum(clusters.total_sales) as double) / sum(clusters.customer_count) as metric_value,
        'sales per customer' as metric_name,
        cast(sum(clusters.total_sales) as double) / max(totals.sales_amount) as sales_share,
        'lifestage_segment_clusters' as evidence_mart,
        'segment_name = ' || clusters.segment_name as evidence_key,
        max(actions.action) as recommended_action
    from clusters
    cross join totals
    left join {{ ref('segment_actions') }} as actions
        on
            clusters.segment_name = actions.segment_name
            and actions.analysis = 'lifestage_segments'
            and actions.action_rank = 1
    group by clusters.segment_name
),

tier_preferences as (
    select
        segment_type || ' preferences' as topic,
        segment || ' buyers (' || segment_type || ') choose the ' || attribute || ' ' || attribute_value || ' '
        || {{ format_ratio('affinity_index') }} || ' times as often as everybody else ('
        || {{ format_share('segment_unit_share') }} || ' against ' || {{ format_share('other_unit_share') }}
        || ' of units).' as insight,
        affinity_index as metric_value,
        'affinity_index' as metric_name,
        segment_unit_share as sales_share,
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
    select * from loyal_customers
    union all
    select * from lapsed_customers
    union all
    select * from loyal_traits
    union all
    select * from segment_clusters
    union all
    select * from tier_preferences
)

select * from final
