with

offers as (
    select * from {{ ref('int_offers__bundle_offers') }}
    union all
    select * from {{ ref('int_offers__product_offers') }}
    union all
    select * from {{ ref('int_offers__category_offers') }}
    union all
    select * from {{ ref('int_offers__basket_offers') }}
),

segments as (
    select
        analysis,
        segment_name,
        count(*) as customers
    from {{ ref('int_campaigns__customers') }}
    group by analysis, segment_name
),

final as (
    select
        offers.dataset,
        offers.analysis,
        offers.segment_name,
        -- Many customers times a clear deviation come first; offers of what a segment does not buy, a guess, come last.
        cast(row_number() over (
            partition by offers.analysis, offers.segment_name
            order by
                offers.offer_type = 'try a category' nulls last,
                offers.expected_reach * abs(ln(offers.metric_value)) desc nulls last,
                offers.offer_type nulls last,
                offers.target nulls last
        ) as integer) as offer_rank,
        offers.offer_type,
        offers.target,
        offers.offer,
        offers.metric_name,
        offers.metric_value,
        offers.q_value,
        offers.expected_reach,
        cast(offers.expected_reach as double) / segments.customers as reach_share,
        offers.reason
    from offers
    inner join segments on offers.analysis = segments.analysis and offers.segment_name = segments.segment_name
)

select * from final
