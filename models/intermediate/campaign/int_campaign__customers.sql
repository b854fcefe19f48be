{%- set amounts = campaign_amounts().values() | list -%}
{%- set answers = campaign_answers().values() | list -%}
{%- set settings = var('analyses')['campaign_customers'] -%}

with

accepted as (
    select * from {{ ref('stg_campaign__customers') }}
),

today as (
    select {{ as_of_date('max(enrolment_date)') }} as as_of_date from accepted
),

measured as (
    select
        accepted.*,
        extract(year from today.as_of_date) - accepted.birth_year as age,
        accepted.small_children + accepted.teenagers as children,
        {{ days_between('accepted.enrolment_date', 'today.as_of_date') }} as tenure_days,
        accepted.{{ amounts | join('\n        + accepted.') }} as spend_amount,
        cast(accepted.{{ answers | join(' as integer)\n        + cast(accepted.') }} as integer) as campaigns_accepted
    from accepted
    cross join today
),

flagged as (
    select
        *,
        age not between 0 and {{ var('max_age') }}
        {%- for feature in settings['features'] %}
        or {{ is_far_from_mean(feature) }}
        {%- endfor %} as is_outlier,
        {{ is_far_from_mean('income') }} as has_outlying_income
    from measured
),

final as (
    select
        *,
        {%- for name in amounts %}
        coalesce(cast({{ name }} as double) / nullif(spend_amount, 0), 0) as {{ name | replace('_amount', '_share') }},
        {%- endfor %}
        {{ is_in_fit_sample('campaign_customers', 'customer_id') }} as is_sampled
    from flagged
)

select * from final
