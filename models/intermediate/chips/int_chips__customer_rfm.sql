with

purchases as (
    select * from {{ ref('int_chips__customer_purchases') }}
),

rfm_segments as (
    select * from {{ ref('rfm_segments') }}
),

scores as (
    {%- for score in range(1, 6) %}
    select {{ score }} as score
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

-- A rule names ranges of scores; millions of customers are looked up by the scores themselves.
segments_of_scores as (
    select
        recency.score as r_score,
        frequency.score as f_score,
        monetary.score as m_score,
        rfm_segments.rfm_segment,
        rfm_segments.is_loyal = 'true' as is_loyal
    from rfm_segments
    inner join scores as recency
        on recency.score between cast(rfm_segments.r_min as integer) and cast(rfm_segments.r_max as integer)
    inner join scores as frequency
        on frequency.score between cast(rfm_segments.f_min as integer) and cast(rfm_segments.f_max as integer)
    inner join scores as monetary
        on monetary.score between cast(rfm_segments.m_min as integer) and cast(rfm_segments.m_max as integer)
),

limits as (
    select
        {{ quintile_limits('recency_days') }},
        {{ quintile_limits('transactions') }},
        {{ quintile_limits('sales_amount') }}
    from purchases
),

scored as (
    select
        purchases.customer_id,
        6 - {{ quintile_score('purchases.recency_days', 'recency_days') }} as r_score,
        {{ quintile_score('purchases.transactions', 'transactions') }} as f_score,
        {{ quintile_score('purchases.sales_amount', 'sales_amount') }} as m_score
    from purchases
    cross join limits
),

final as (
    select
        scored.customer_id,
        scored.r_score,
        scored.f_score,
        scored.m_score,
        segments_of_scores.rfm_segment,
        segments_of_scores.is_loyal
    from scored
    left join segments_of_scores
        on
            scored.r_score = segments_of_scores.r_score
            and scored.f_score = segments_of_scores.f_score
            and scored.m_score = segments_of_scores.m_score
)

select * from final
