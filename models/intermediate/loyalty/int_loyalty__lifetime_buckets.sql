-- Customers of the holdout in tenths by what was expected of them, and what they spent.
with

holdout as (
    select
        *,
        cast(ceil(round(10 * cume_dist() over (
            partition by dataset, customer_group order by expected_sales_amount nulls last
        ), 6)) as integer) as bucket
    from {{ ref('int_loyalty__lifetime_values') }}
    where snapshot = 'check'
),

-- Where nothing was expected, what was spent is no multiple of it.
counted as (
    select
        dataset,
        customer_group,
        bucket,
        count(*) as customers,
        min(expected_sales_amount) as lowest_expected_amount,
        avg(expected_purchases) as expected_purchases,
        avg(next_purchases) as next_purchases,
        avg(expected_sales_amount) as expected_sales_amount,
        avg(cast(next_sales_amount as double)) as next_sales_amount,
        percentile_cont(0.025) within group (
            order by cast(next_sales_amount as double) / nullif(expected_sales_amount, 0) nulls last
        ) as low_ratio,
        percentile_cont(0.975) within group (
            order by cast(next_sales_amount as double) / nullif(expected_sales_amount, 0) nulls last
        ) as high_ratio,
        percentile_cont(0.025) within group (
            order by cast(next_sales_amount as double) nulls last
        ) as low_amount,
        percentile_cont(0.975) within group (
            order by cast(next_sales_amount as double) nulls last
        ) as high_amount
    from holdout
    group by dataset, customer_group, bucket
),

final as (
    select
        dataset,
        customer_group,
        bucket,
        customers,
        lowest_expected_amount,
        lead(lowest_expected_amount) over (
            partition by dataset, customer_group order by bucket nulls last
        ) as next_lowest_expected_amount,
        lag(bucket) over (partition by dataset, customer_group order by bucket nulls last) as previous_bucket,
        round(expected_purchases, 9) as expected_purchases,
        round(next_purchases, 9) as next_purchases,
        round(expected_sales_amount, 9) as expected_sales_amount,
        round(next_sales_amount, 9) as next_sales_amount,
        round(low_ratio, 9) as low_ratio,
        round(high_ratio, 9) as high_ratio,
        round(low_amount, 9) as low_amount,
        round(high_amount, 9) as high_amount
    from counted
)

select * from final
