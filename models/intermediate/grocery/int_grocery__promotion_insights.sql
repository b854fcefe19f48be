with

promotions as (
    select * from {{ ref('segment_promotions') }}
    where offer_rank = 1
),

customers as (
    select count(*) as customers from {{ ref('int_grocery__segmented_customers') }}
),

final as (
    select
        'promotions per segment' as topic,
        'The offer that fits the segment "' || promotions.segment_name || '" best, ' || promotions.offer_type || ' on '
        || replace(promotions.target, '_', ' ') || ', concerns ' || {{ format_count('promotions.expected_reach') }}
        || ' customers. ' || promotions.reason as insight,
        promotions.metric_value,
        promotions.metric_name,
        round(cast(promotions.expected_reach as double) / customers.customers, 9) as touched_share,
        'segment_promotions' as evidence_mart,
        'segment_name = ' || promotions.segment_name || ', offer_rank = 1' as evidence_key,
        promotions.offer as recommended_action
    from promotions
    cross join customers
)

select * from final
