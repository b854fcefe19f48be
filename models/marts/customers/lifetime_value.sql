with

expected as (
    select * from {{ ref('int_loyalty__lifetime_values') }}
    where snapshot = 'now'
),

buckets as (
    select * from {{ ref('int_loyalty__lifetime_buckets') }}
),

-- Below the lowest expectation of the holdout, the lowest bucket is the nearest.
placed as (
    select
        expected.*,
        buckets.customers,
        case
            when expected.expected_sales_amount > 0
                then expected.expected_sales_amount * coalesce(buckets.low_ratio, 0)
            else buckets.low_amount
        end as low_amount,
        case
            when expected.expected_sales_amount > 0
                then coalesce(expected.expected_sales_amount * buckets.high_ratio, buckets.high_amount)
            else buckets.high_amount
        end as high_amount
    from expected
    left join buckets
        on
            expected.dataset = buckets.dataset
            and expected.customer_group = buckets.customer_group
            and (
                expected.expected_sales_amount >= buckets.lowest_expected_amount
                or buckets.previous_bucket is null
            )
            and (
                expected.expected_sales_amount < buckets.next_lowest_expected_amount
                or buckets.next_lowest_expected_amount is null
            )
),

final as (
    select
        dataset,
        customer_id,
        snapshot_date as as_of_date,
        customer_group,
        has_unknown_past,
        purchases,
        probability_active,
        expected_purchases,
        expected_purchase_amount,
        expected_sales_amount,
        case
            when customers >= {{ var('small_count') }} then round(least(low_amount, expected_sales_amount), 9)
        end as expected_sales_amount_low,
        case
            when customers >= {{ var('small_count') }} then round(greatest(high_amount, expected_sales_amount), 9)
        end as expected_sales_amount_high,
        purchases_method,
        amount_method,
        purchases_method = 'BG/NBD' as is_model_better
    from placed
)

select * from final
