with

offers as (
    select * from {{ ref('int_grocery__bundle_offers') }}
    union all
    select * from {{ ref('int_grocery__product_offers') }}
    union all
    select * from {{ ref('int_grocery__category_offers') }}
    union all
    select * from {{ ref('int_grocery__basket_offers') }}
),

segments as (
    select
        segment_name,
        count(*) as customers
    from {{ ref('int_grocery__segmented_customers') }}
    group by segment_name
),

final as (
    select
        'grocery' as dataset,
        'grocery_customers' as analysis,
        offers.segment_name,
        -- Many customers times a clear deviation come first; offers of what a segment does not buy, a guess, come last.
        cast(row_number() over (
            partition by offers.segment_name
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
    inner join segments on offers.segment_name = segments.segment_name
)

select * from final
