with

responses as (
    select * from {{ ref('int_campaigns__segment_responses') }}
),

p_values as (
    select * from {{ ref('response_p_values') }}
),

final as (
    select
        responses.dataset,
        responses.analysis,
        responses.campaign_number,
        responses.segment_name,
        responses.customers,
        responses.responses,
        responses.response_rate,
        responses.response_rate_low,
        responses.response_rate_high,
        responses.all_response_rate,
        responses.index_to_all,
        p_values.p_value,
        p_values.q_value,
        coalesce(p_values.q_value < {{ var('significance_level') }}, false) as is_significant,
        responses.responses < {{ var('small_count') }} as is_small_count
    from responses
    inner join p_values
        on
            responses.analysis = p_values.analysis
            and responses.campaign_number = p_values.campaign_number
            and responses.cluster_id = p_values.cluster_id
)

select * from final
