with

activity as (
    select * from {{ ref('int_loyalty__rfm_activity') }}
),

final as (
    select
        dataset,
        rfm_segment,
        customers,
        checked_customers,
        active_customers,
        active_share,
        expected_active_share,
        activity_index,
        activity_index_low,
        activity_index_high,
        is_small_count,
        is_leaving
    from activity
)

select * from final
