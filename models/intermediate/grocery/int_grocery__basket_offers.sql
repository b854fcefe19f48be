with

basket_items as (
    select * from {{ ref('int_grocery__basket_items') }}
),

baskets as (
    select * from {{ ref('stg_grocery__baskets') }}
),

customers as (
    select * from {{ ref('int_grocery__segmented_customers') }}
),

sizes as (
    select
        basket_id,
        cast(sum(lines) as bigint) as items
    from basket_items
    group by basket_id
),

segment_baskets as (
    select
        customers.segment_name,
        baskets.customer_id,
        sizes.items
    from sizes
    inner join baskets on sizes.basket_id = baskets.basket_id
    inner join customers on baskets.customer_id = customers.customer_id
),

-- A quarter of the baskets at most is above the upper quartile: one item more is a threshold that few reach anyway.
thresholds as (
    select
        segment_name,
        count(*) as baskets,
        median(items) as median_items,
        cast(floor(percentile_cont(0.75) within group (order by items nulls last)) as bigint) + 1 as threshold
    from segment_baskets
    group by segment_name
),

largest_baskets as (
    select
        segment_name,
        customer_id,
        max(items) as items
    from segment_baskets
    group by segment_name, customer_id
),

-- The offer is for customers whose largest basket is near the threshold and below it.
reach as (
    select
        thresholds.segment_name,
        count(*) as expected_reach
    from largest_baskets
    inner join thresholds
        on
            largest_baskets.segment_name = thresholds.segment_name
            and largest_baskets.items >= thresholds.median_items
            and largest_baskets.items < thresholds.threshold
    group by thresholds.segment_name
),

above as (
    select
        thresholds.segment_name,
        count(*) as baskets
    from segment_baskets
    inner join thresholds
        on segment_baskets.segment_name = thresholds.segment_name and segment_baskets.items >= thresholds.threshold
    group by thresholds.segment_name
),

final as (
    select
        thresholds.segment_name,
        'basket discount' as offer_type,
        thresholds.threshold || ' items' as target,
        '5 % off every basket of ' || thresholds.threshold || ' items or more.' as offer,
        'threshold / median items' as metric_name,
        thresholds.threshold / cast(thresholds.median_items as double) as metric_value,
        cast(null as double) as q_value,
        reach.expected_reach,
        'Half of their baskets hold ' || {{ format_count('thresholds.median_items') }} || ' items or more, '
        || {{ format_share('coalesce(above.baskets, 0) / cast(thresholds.baskets as double)') }} || ' hold '
        || thresholds.threshold || ' or more.' as reason
    from thresholds
    inner join reach on thresholds.segment_name = reach.segment_name
    left join above on thresholds.segment_name = above.segment_name
    where thresholds.baskets >= {{ var('small_count') }}
)

select * from final
