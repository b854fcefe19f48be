with

customer_segments as (
    select * from {{ ref('int_segmentation__customer_segments') }}
    where cluster_id > 0
),

names as (
    select * from {{ ref('int_segmentation__names') }}
),

-- Segments that data without any groups would give as well say nothing of a customer.
founded_analyses as (
    select analysis from {{ ref('int_segmentation__verdicts') }}
    where has_structure
),

loyalty_audiences as (
    select * from {{ ref('int_loyalty__audiences') }}
),

target_customers as (
    select * from {{ ref('int_offers__target_customers') }}
),

segments as (
    select
        'segment' as audience_type,
        replace(customer_segments.analysis, '_', ' ') || ': ' || customer_segments.segment_name as audience,
        customer_segments.customer_key,
        'The distance to the centre of the segment is ' || {{ format_ratio('customer_segments.distance') }}
        || coalesce(
            ', to that of the next, ' || names.segment_name || ', '
            || {{ format_ratio('customer_segments.runner_up_distance') }}, ''
        ) || '.' as reason,
        cast(null as date) as since_date
    from customer_segments
    inner join founded_analyses on customer_segments.analysis = founded_analyses.analysis
    left join names
        on
            customer_segments.analysis = names.analysis
            and customer_segments.runner_up_cluster_id = names.cluster_id
),

offers as (
    select
        'offer' as audience_type,
        'Offer to ' || segment_name || ' (' || replace(analysis, '_', ' ') || '): ' || offer_type || ', '
        || replace(target, '_', ' ') as audience,
        customer_key,
        reason,
        cast(null as date) as since_date
    from target_customers
),

final as (
    select * from segments
    union all
    select * from loyalty_audiences
    union all
    select * from offers
)

select * from final
