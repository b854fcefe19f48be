with

responses as (
    select * from {{ ref('int_campaign__segment_responses') }}
),

tests as (
    select * from {{ ref('campaign_responses_tests') }}
),

final as (
    select
        cast(responses.campaign_number as integer) as campaign_number,
        responses.segment_name,
        responses.customers,
        responses.responses,
        responses.response_rate,
        responses.response_rate_low,
        responses.response_rate_high,
        responses.all_response_rate,
        responses.index_to_all,
        tests.p_value,
        tests.q_value,
        coalesce(tests.q_value < {{ var('significance_level') }}, false) as is_significant,
        responses.customers < {{ var('small_count') }} as is_small_count
    from responses
    inner join tests
        on responses.campaign_number = tests.campaign_number and responses.cluster_id = tests.cluster_id
)

select * from final
