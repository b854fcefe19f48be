{%- set points %}{{ format_count(100 * var('offer_test_effect')) }} || ' points'{% endset %}
with

candidates as (
    select * from {{ ref('int_offers__candidates') }}
),

test_sizes as (
    select * from {{ ref('int_offers__test_sizes') }}
),

segments as (
    select
        analysis,
        segment_name,
        count(*) as customers
    from {{ ref('int_campaigns__customers') }}
    group by analysis, segment_name
),

sized as (
    select
        candidates.*,
        test_sizes.test_customers_per_group,
        test_sizes.detectable_effect,
        coalesce(2 * test_sizes.test_customers_per_group <= candidates.expected_reach, false) as is_testable,
        cast(candidates.expected_reach as double) / segments.customers as reach_share,
        -- In how many the offer can change something; where nobody knows, half.
        candidates.expected_reach * (1 - coalesce(candidates.anyway_share, 0.5)) as changeable_customers
    from candidates
    inner join test_sizes
        on
            candidates.analysis = test_sizes.analysis
            and candidates.segment_name = test_sizes.segment_name
            and candidates.offer_type = test_sizes.offer_type
            and candidates.target = test_sizes.target
    inner join segments
        on candidates.analysis = segments.analysis and candidates.segment_name = segments.segment_name
),

-- A segment has one offer of a thing: two would compete.
chosen as (
    select *
    from sized
    qualify row_number() over (
        partition by analysis, segment_name, target
        order by is_testable desc nulls last, changeable_customers desc nulls last, offer_type nulls last
    ) = 1
),

final as (
    select
        dataset,
        analysis,
        segment_name,
        cast(row_number() over (
            partition by analysis, segment_name
            order by
                is_testable desc nulls last, changeable_customers desc nulls last, offer_type nulls last,
                target nulls last
        ) as integer) as offer_rank,
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
        case
            when test_customers_per_group is null
                then 'Nearly all ' || outcome || ' anyway: no test can find a rise by ' || {{ points }} || '.'
            when is_testable
                then
                    'Send it to ' || {{ format_count('test_customers_per_group') }}
                    || ' of them drawn by lot, keep as many others without it, and compare how many ' || outcome
                    || ': that finds a rise by ' || {{ points }} || ' in '
                    || {{ format_count(100 * var('offer_test_power')) }} || ' of 100 tests.'
            else
                'Draw half of them by lot, keep the others without it, and compare how many ' || outcome
                || ': that finds a rise by ' || {{ format_count('100 * detectable_effect') }}
                || ' points or more. They are too few to find one by ' || {{ points }} || ', which takes '
                || {{ format_count('test_customers_per_group') }} || ' with and as many without it.'
        end as test,
        reason
    from chosen
)

select * from final
