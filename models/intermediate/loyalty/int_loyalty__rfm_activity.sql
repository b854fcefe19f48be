-- Did the customers of a segment come back less often than others who had come as often before? Customers are compared
-- within their number of visits, as Mantel & Haenszel do (J. Natl. Cancer Inst. 22, 1959).
with

rfm_segments as (
    select
        dataset,
        rfm_segment,
        count(*) as customers
    from {{ ref('int_loyalty__customer_rfm') }}
    group by dataset, rfm_segment
),

cells as (
    select
        dataset,
        rfm_segment,
        visits_class,
        cast(sum(customers) as double) as customers,
        cast(sum(active_customers) as double) as active_customers
    from {{ ref('int_loyalty__activity_cells') }}
    where snapshot = 'check'
    group by dataset, rfm_segment, visits_class
),

compared as (
    select
        *,
        sum(customers) over (partition by dataset, visits_class) as all_customers,
        sum(active_customers) over (partition by dataset, visits_class) as all_active
    from cells
),

expected as (
    select
        dataset,
        rfm_segment,
        cast(sum(customers) as bigint) as checked_customers,
        cast(sum(active_customers) as bigint) as active_customers,
        sum(customers * all_active / all_customers) as expected_active,
        sum(
            customers * (all_customers - customers) * all_active * (all_customers - all_active)
            / (all_customers * all_customers * nullif(all_customers - 1, 0))
        ) as variance
    from compared
    group by dataset, rfm_segment
),

indexed as (
    select
        *,
        active_customers / nullif(expected_active, 0) as activity_index,
        {{ z_95() }} * sqrt(variance) / nullif(expected_active, 0) as half_width
    from expected
),

final as (
    select
        rfm_segments.dataset,
        rfm_segments.rfm_segment,
        rfm_segments.customers,
        indexed.checked_customers,
        indexed.active_customers,
        round(cast(indexed.active_customers as double) / indexed.checked_customers, 9) as active_share,
        round(indexed.expected_active / indexed.checked_customers, 9) as expected_active_share,
        round(indexed.activity_index, 9) as activity_index,
        case
            when indexed.activity_index > indexed.half_width
                then round(indexed.activity_index - indexed.half_width, 9)
            when indexed.activity_index is not null then 0
        end as activity_index_low,
        round(indexed.activity_index + indexed.half_width, 9) as activity_index_high,
        coalesce(indexed.checked_customers < {{ var('small_count') }}, true) as is_small_count,
        -- Few customers, or a difference that is real but small, give no reason to act.
        coalesce(
            indexed.checked_customers >= {{ var('small_count') }}
            and indexed.activity_index + indexed.half_width < 1 / {{ var('notable_index') }}, false
        ) as is_leaving
    from rfm_segments
    left join indexed
        on rfm_segments.dataset = indexed.dataset and rfm_segments.rfm_segment = indexed.rfm_segment
)

select * from final
