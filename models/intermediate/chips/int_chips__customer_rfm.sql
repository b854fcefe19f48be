with

purchases as (
    select * from {{ ref('int_chips__customer_purchases') }}
),

rfm_segments as (
    select * from {{ ref('rfm_segments') }}
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
        rfm_segments.rfm_segment,
        rfm_segments.is_loyal = 'true' as is_loyal
    from scored
    left join rfm_segments
        on
            scored.r_score between cast(rfm_segments.r_min as integer) and cast(rfm_segments.r_max as integer)
            and scored.f_score between cast(rfm_segments.f_min as integer) and cast(rfm_segments.f_max as integer)
            and scored.m_score between cast(rfm_segments.m_min as integer) and cast(rfm_segments.m_max as integer)
)

select * from final
