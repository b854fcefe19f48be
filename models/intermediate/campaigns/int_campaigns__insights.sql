with

responses as (
    select * from {{ ref('int_campaigns__responses') }}
),

most_eager as (
    select
        *,
        sum(customers) over (partition by analysis, campaign_number) as all_customers
    from responses
    qualify row_number() over (
        partition by analysis, campaign_number
        order by
            is_significant and not is_small_count and index_to_all > 1 desc nulls last,
            index_to_all desc nulls last,
            segment_name nulls last
    ) = 1
),

final as (
    select
        dataset,
        'campaign responses' as topic,
        {{ format_share('response_rate') }} || ' of the segment "' || segment_name || '" accepted campaign '
        || campaign_number || ' (95 % interval: ' || {{ format_share('response_rate_low') }} || ' to '
        || {{ format_share('response_rate_high') }} || '), ' || {{ format_ratio('index_to_all') }}
        || ' times as many as of all customers.' as insight,
        index_to_all as metric_value,
        'index to all customers' as metric_name,
        round(cast(customers as double) / all_customers, 9) as touched_share,
        'campaign_responses' as evidence_mart,
        'analysis = ' || analysis || ', campaign_number = ' || campaign_number || ', segment_name = ' || segment_name
            as evidence_key,
        'Address the next campaign of this kind to them first, and keep some out of it to see what it earns.'
            as recommended_action
    from most_eager
    where is_significant and not is_small_count and index_to_all > 1
)

select * from final
