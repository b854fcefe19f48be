with

answers as (
    select * from {{ ref('int_campaigns__answers') }}
),

counted as (
    select
        dataset,
        analysis,
        campaign_number,
        cluster_id,
        segment_name,
        count(*) as customers,
        count(*) filter (where has_accepted) as responses
    from answers
    group by dataset, analysis, campaign_number, cluster_id, segment_name
),

compared as (
    select
        *,
        sum(customers) over (partition by analysis, campaign_number) as all_customers,
        sum(responses) over (partition by analysis, campaign_number) as all_responses
    from counted
),

rated as (
    select
        *,
        cast(responses as double) / customers as response_rate,
        cast(all_responses as double) / all_customers as all_response_rate
    from compared
),

-- The 95 % confidence interval of a proportion (Wilson, JASA 22, 1927): it stays within 0 and 1, and has a width also
-- where no customer or every customer accepts.
intervals as (
    select
        *,
        (responses + {{ z_95() }} * {{ z_95() }} / 2)
        / (cast(customers as double) + {{ z_95() }} * {{ z_95() }}) as middle,
        {{ z_95() }} * sqrt(responses * (1 - response_rate) + {{ z_95() }} * {{ z_95() }} / 4)
        / (cast(customers as double) + {{ z_95() }} * {{ z_95() }}) as half_width
    from rated
),

final as (
    select
        dataset,
        analysis,
        campaign_number,
        cluster_id,
        segment_name,
        customers,
        responses,
        round(response_rate, 9) as response_rate,
        case when responses = 0 then 0.0 else round(middle - half_width, 9) end as response_rate_low,
        case when responses = customers then 1.0 else round(middle + half_width, 9) end as response_rate_high,
        round(all_response_rate, 9) as all_response_rate,
        round(response_rate / nullif(all_response_rate, 0), 9) as index_to_all,
        cast(all_customers - customers as bigint) as other_customers,
        cast(all_responses - responses as bigint) as other_responses
    from intervals
)

select * from final
