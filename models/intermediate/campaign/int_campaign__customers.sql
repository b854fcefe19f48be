{%- set amounts = campaign_amounts().values() | list -%}
{%- set answers = campaign_answers().values() | list -%}

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
        {{ is_far_from_mean('income') }} as has_outlying_income
    from measured
),

final as (
    select
        *,
        {%- for name in amounts %}
        coalesce(cast({{ name }} as double) / nullif(spend_amount, 0), 0) as {{ name | replace('_amount', '_share') }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from flagged
)

select * from final
