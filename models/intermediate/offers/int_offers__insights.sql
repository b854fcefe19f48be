with

best_offers as (
    select * from {{ ref('int_offers__offers') }}
    where offer_rank = 1
),

analyses as (
    select
        analysis,
        count(*) as customers
    from {{ ref('int_campaigns__customers') }}
    group by analysis
),

final as (
    select
        best_offers.dataset,
        'offers per segment' as topic,
        'For the segment "' || best_offers.segment_name || '": ' || best_offers.reason || ' ' || best_offers.cost
            as insight,
        best_offers.metric_value,
        best_offers.metric_name,
        round(cast(best_offers.expected_reach as double) / analyses.customers, 9) as touched_share,
        -- What an offer changes is known after its test: it counts with the rise that the test is made for, if the test
        -- can find it.
        case when best_offers.is_testable then {{ var('offer_test_effect') }} else 0 end as cautious_effect,
        'segment_offers' as evidence_mart,
        'analysis = ' || best_offers.analysis || ', segment_name = ' || best_offers.segment_name
        || ', offer_rank = 1' as evidence_key,
        best_offers.offer || ' ' || best_offers.test as recommended_action
    from best_offers
    inner join analyses on best_offers.analysis = analyses.analysis
)

select * from final
