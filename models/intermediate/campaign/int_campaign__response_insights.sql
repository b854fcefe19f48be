with

responses as (
    select * from {{ ref('campaign_responses') }}
),

total as (
    select sum(customers) as customers
    from responses
    where campaign_number = 1
),

most_eager as (
    select *
    from responses
    where is_significant and not is_small_count and index_to_all > 1
    qualify row_number() over (
        partition by campaign_number order by index_to_all desc nulls last, segment_name nulls last
    ) = 1
),

final as (
    select
        'campaign responses' as topic,
        {{ format_share('most_eager.response_rate') }} || ' of the segment "' || most_eager.segment_name
        || '" accepted campaign ' || most_eager.campaign_number || ' (95 % interval: '
        || {{ format_share('most_eager.response_rate_low') }} || ' to '
        || {{ format_share('most_eager.response_rate_high') }} || '), ' || {{ format_ratio('most_eager.index_to_all') }}
        || ' times as many as of all customers.' as insight,
        most_eager.index_to_all as metric_value,
        'index to all customers' as metric_name,
        round(cast(most_eager.customers as double) / total.customers, 9) as touched_share,
        'campaign_responses' as evidence_mart,
        'campaign_number = ' || most_eager.campaign_number || ', segment_name = '
        || most_eager.segment_name as evidence_key,
        'Address the next campaign of this kind to them first, and keep some out of it to see what it earns.'
            as recommended_action
    from most_eager
    cross join total
)

select * from final
