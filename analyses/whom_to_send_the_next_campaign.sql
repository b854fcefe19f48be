-- Whom should the next campaign go to? The segments by their answers to the last one: how many of a hundred letters are
-- answered, at worst and at best, and whether that is more than chance.
with

responses as (
    select * from {{ ref('campaign_responses') }}
),

last_campaign as (
    select max(campaign_number) as campaign_number from responses
),

final as (
    select
        responses.segment_name,
        responses.customers,
        responses.responses,
        100 * responses.response_rate as answers_per_100_letters,
        100 * responses.response_rate_low as answers_per_100_letters_low,
        100 * responses.response_rate_high as answers_per_100_letters_high,
        responses.index_to_all,
        responses.is_significant,
        responses.is_small_count
    from responses
    inner join last_campaign on responses.campaign_number = last_campaign.campaign_number
)

select * from final
order by answers_per_100_letters desc nulls last, segment_name nulls last
