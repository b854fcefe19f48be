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

eager as (
    select
        *,
        {{ cautious_effect('response_rate_low / all_response_rate', 'response_rate_high / all_response_rate') }}
            as cautious_effect
    from most_eager
    where is_significant and not is_small_count and index_to_all > 1
),

-- A segment that answers most in several campaigns is one finding.
final as (
    select
        dataset,
        'campaign responses' as topic,
        'Of the segment "' || segment_name || '" ' || {{ join_in_order(
            format_share('response_rate') ~ " || ' accepted campaign ' || campaign_number || ' (95 % interval: ' || "
            ~ format_share('response_rate_low') ~ " || ' to ' || " ~ format_share('response_rate_high') ~ " || '; '"
            ~ " || " ~ format_ratio('index_to_all') ~ " || ' times as many as of all customers)'",
            'campaign_number', ', '
        ) }} || '.' as insight,
        max(index_to_all) as metric_value,
        'index to all customers' as metric_name,
        round(cast(max(customers) as double) / max(all_customers), 9) as touched_share,
        max(cautious_effect) as cautious_effect,
        'campaign_responses' as evidence_mart,
        'analysis = ' || analysis || ', segment_name = ' || segment_name as evidence_key,
        case
            when count(*) > 1 then 'Address the next campaign of these kinds'
            else 'Address the next campaign of this kind'
        end || ' to them first, and keep some out of it to see what it earns.' as recommended_action
    from eager
    group by dataset, analysis, segment_name
)

select * from final
