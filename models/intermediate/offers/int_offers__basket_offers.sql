with

basket_products as (
    select * from {{ ref('int_offers__basket_products') }}
),

baskets as (
    select
        dataset,
        analysis,
        segment_name,
        customer_key,
        cast(sum(lines) as bigint) as items
    from basket_products
    group by dataset, analysis, segment_name, customer_key, receipt_date, receipt_id
),

-- A quarter of the baskets at most is above the upper quartile: one item more is a threshold that few reach anyway.
thresholds as (
    select
        dataset,
        analysis,
        segment_name,
        count(*) as baskets,
        median(items) as median_items,
        cast(floor(percentile_cont(0.75) within group (order by items nulls last)) as bigint) + 1 as threshold
    from baskets
    group by dataset, analysis, segment_name
),

largest_baskets as (
    select
        analysis,
        segment_name,
        customer_key,
        max(items) as items
    from baskets
    group by analysis, segment_name, customer_key
),

-- The offer is for customers whose largest basket is near the threshold and below it.
reach as (
    select
        thresholds.analysis,
        thresholds.segment_name,
        count(*) as expected_reach
    from largest_baskets
    inner join thresholds
        on
            largest_baskets.analysis = thresholds.analysis
            and largest_baskets.segment_name = thresholds.segment_name
            and largest_baskets.items >= thresholds.median_items
            and largest_baskets.items < thresholds.threshold
    group by thresholds.analysis, thresholds.segment_name
),

above as (
    select
        thresholds.analysis,
        thresholds.segment_name,
        count(*) as baskets
    from baskets
    inner join thresholds
        on
            baskets.analysis = thresholds.analysis
            and baskets.segment_name = thresholds.segment_name
            and baskets.items >= thresholds.threshold
    group by thresholds.analysis, thresholds.segment_name
),

final as (
    select
        thresholds.dataset,
        thresholds.analysis,
        thresholds.segment_name,
        'basket discount' as offer_type,
        thresholds.median_items,
        thresholds.threshold,
        thresholds.threshold || ' items' as target,
        '5 % off every basket of ' || thresholds.threshold || ' items or more.' as offer,
        'threshold / median items' as metric_name,
        thresholds.threshold / cast(thresholds.median_items as double) as metric_value,
        cast(null as double) as q_value,
        reach.expected_reach,
        coalesce(above.baskets, 0) / cast(thresholds.baskets as double) as anyway_share,
        'fill a basket of ' || thresholds.threshold || ' items or more' as outcome,
        {{ format_share('coalesce(above.baskets, 0) / cast(thresholds.baskets as double)') }}
        || ' of the segment''s baskets are that large anyway and would get the discount for nothing.' as cost,
        'Half of their baskets hold ' || {{ format_count('thresholds.median_items') }} || ' items or more, '
        || {{ format_share('coalesce(above.baskets, 0) / cast(thresholds.baskets as double)') }} || ' hold '
        || thresholds.threshold || ' or more.' as reason
    from thresholds
    inner join reach on thresholds.analysis = reach.analysis and thresholds.segment_name = reach.segment_name
    left join above on thresholds.analysis = above.analysis and thresholds.segment_name = above.segment_name
    where reach.expected_reach >= {{ var('small_count') }}
)

select * from final
