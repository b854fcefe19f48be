{%- set measures = ['recency_days', 'receipts', 'sales_amount'] %}
with

snapshots as (
    select * from {{ ref('int_loyalty__snapshots') }}
),

month_snapshots as (
    select * from {{ ref('int_loyalty__month_snapshots') }}
),

purchases as (
    {%- for relation in ['snapshots', 'month_snapshots'] %}
    select
        dataset,
        snapshot,
        customer_key,
        {{ days_between('last_purchase_date', 'snapshot_date') }} as recency_days,
        receipts,
        sales_amount
    from {{ relation }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
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
        rfm_segments.is_loyal
    from rfm_segments
    inner join scores as recency
        on recency.score between rfm_segments.r_min and rfm_segments.r_max
    inner join scores as frequency
        on frequency.score between rfm_segments.f_min and rfm_segments.f_max
    inner join scores as monetary
        on monetary.score between rfm_segments.m_min and rfm_segments.m_max
),

-- Limits of five groups of about equal size. Interpolated quantiles, not ntile(): equal values never fall into
-- different groups.
limits as (
    select
        {%- for measure in measures %}
        {{ quantiles(measure, [0.2, 0.4, 0.6, 0.8]) }} as {{ measure }}_limits,
        {%- endfor %}
        dataset,
        snapshot
    from purchases
    group by dataset, snapshot
),

-- How many of the limits each value lies above.
limits_passed as (
    select
        {%- for measure in measures %}
        cast(purchases.{{ measure }} > {{ array_item('limits.' ~ measure ~ '_limits', 1) }} as integer)
        + cast(purchases.{{ measure }} > {{ array_item('limits.' ~ measure ~ '_limits', 2) }} as integer)
        + cast(purchases.{{ measure }} > {{ array_item('limits.' ~ measure ~ '_limits', 3) }} as integer)
        + cast(purchases.{{ measure }} > {{ array_item('limits.' ~ measure ~ '_limits', 4) }} as integer)
            as {{ measure }}_passed,
        {%- endfor %}
        purchases.customer_key,
        purchases.dataset,
        purchases.snapshot
    from purchases
    inner join limits on purchases.dataset = limits.dataset and purchases.snapshot = limits.snapshot
),

scored as (
    select
        customer_key,
        dataset,
        snapshot,
        5 - recency_days_passed as r_score,
        1 + receipts_passed as f_score,
        1 + sales_amount_passed as m_score
    from limits_passed
),

final as (
    select
        scored.customer_key,
        scored.dataset,
        scored.snapshot,
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
