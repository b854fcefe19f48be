with

responses as (
    select * from {{ ref('int_campaigns__responses') }}
),

final as (
    select
        dataset,
        analysis,
        campaign_number,
        segment_name,
        customers,
        responses,
        response_rate,
        response_rate_low,
        response_rate_high,
        all_response_rate,
        index_to_all,
        p_value,
        q_value,
        is_significant,
        is_small_count
    from responses
)

select * from final
