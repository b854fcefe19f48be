with

offers as (
    select * from {{ ref('int_offers__offers') }}
),

final as (
    select
        dataset,
        analysis,
        segment_name,
        offer_rank,
        offer_type,
        target,
        offer,
        metric_name,
        metric_value,
        q_value,
        expected_reach,
        reach_share,
        anyway_share,
        cost,
        test_customers_per_group,
        detectable_effect,
        is_testable,
        test,
        reason
    from offers
)

select * from final
