-- Kaplan and Meier's estimate: who has not come again yet may still come, and counts until the last day of the data.
with

interval_days as (
    select * from {{ ref('int_loyalty__interval_days') }}
),

at_risk as (
    select
        *,
        sum(closed_intervals + open_intervals) over (
            partition by dataset, interval_start, group_kind, group_value
            order by interval_days desc nulls last rows between unbounded preceding and current row
        ) as intervals_at_risk
    from interval_days
),

steps as (
    select
        *,
        sum(case
            when closed_intervals < intervals_at_risk
                then ln(1 - cast(closed_intervals as double) / intervals_at_risk)
            else 0
        end) over (
            partition by dataset, interval_start, group_kind, group_value
            order by interval_days nulls last rows between unbounded preceding and current row
        ) as log_survival,
        sum(case
            when closed_intervals < intervals_at_risk
                then
                    cast(closed_intervals as double) / intervals_at_risk / (intervals_at_risk - closed_intervals)
            else 0
        end) over (
            partition by dataset, interval_start, group_kind, group_value
            order by interval_days nulls last rows between unbounded preceding and current row
        ) as relative_variance
    from at_risk
),

-- Nobody is left where the last ones at risk all came again.
curves as (
    select
        *,
        case when closed_intervals = intervals_at_risk then 0 else round(exp(log_survival), 12) end as survival
    from steps
),

summed as (
    select
        dataset,
        interval_start,
        group_kind,
        group_value,
        cast(sum(closed_intervals + open_intervals) as bigint) as intervals,
        cast(sum(open_intervals) as bigint) as open_intervals,
        cast(sum(unknown_pasts) as bigint) as unknown_pasts,
        max(interval_days) as longest_interval_days,
        min(interval_days) filter (where survival <= 0.75) as lower_quartile_days,
        min(interval_days) filter (where survival <= 0.5) as median_days,
        min(interval_days) filter (where survival <= 0.25) as upper_quartile_days,
        {%- for days in [30, 60, 90] %}
        coalesce(min(survival) filter (where interval_days <= {{ days }}), 1) as survival_{{ days }},
        coalesce(max(relative_variance) filter (where interval_days <= {{ days }}), 0) as variance_{{ days }},
        {%- endfor %}
        min(survival) as last_survival
    from curves
    group by dataset, interval_start, group_kind, group_value
),

-- Each customer has one interval since the first purchase, and one that is open since the last. Where a customer has
-- several intervals they are alike, so only as many count for the interval of confidence as there are customers.
sized as (
    select
        *,
        case interval_start when 'first purchase' then intervals else open_intervals end as customers
    from summed
),

final as (
    select
        dataset,
        interval_start,
        group_kind,
        group_value,
        customers,
        intervals,
        open_intervals,
        cast(lower_quartile_days as integer) as lower_quartile_days,
        cast(median_days as integer) as median_days,
        cast(upper_quartile_days as integer) as upper_quartile_days,
        {%- for days in [30, 60, 90] %}
        {%- set is_seen = 'longest_interval_days >= ' ~ days ~ ' or last_survival = 0' %}
        {%- set is_sure = 'variance_' ~ days ~ ' = 0 or survival_' ~ days ~ ' = 0' %}
        {%- set standard_error = 'survival_' ~ days ~ ' * sqrt(variance_' ~ days ~ ' * intervals / customers)' %}
        {%- set half_width = z_95() ~ ' * ' ~ standard_error %}
        case when {{ is_seen }} then round(1 - survival_{{ days }}, 9) end as returned_share_{{ days }}_days,
        case
            when {{ is_sure }} then null
            when {{ is_seen }} then round(greatest(0, 1 - survival_{{ days }} - {{ half_width }}), 9)
        end as returned_share_{{ days }}_days_low,
        case
            when {{ is_sure }} then null
            when {{ is_seen }} then round(least(1, 1 - survival_{{ days }} + {{ half_width }}), 9)
        end as returned_share_{{ days }}_days_high,
        {%- endfor %}
        case
            when interval_start = 'first purchase' then cast(unknown_pasts as double) / customers
        end as unknown_past_share,
        customers < {{ var('small_count') }} as is_small_count
    from sized
)

select * from final
