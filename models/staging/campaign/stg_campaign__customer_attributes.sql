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
        cast(accepted.has_accepted_1 as integer) as accepted_campaign_1,
        cast(accepted.has_accepted_2 as integer) as accepted_campaign_2,
        cast(accepted.has_accepted_3 as integer) as accepted_campaign_3,
        cast(accepted.has_accepted_4 as integer) as accepted_campaign_4,
        cast(accepted.has_accepted_5 as integer) as accepted_campaign_5,
        cast(accepted.has_accepted_6 as integer) as accepted_campaign_6,
        cast(accepted.has_complained as integer) as complained
    from accepted
    cross join today
),

counted as (
    select
        *,
        accepted_campaign_1 + accepted_campaign_2 + accepted_campaign_3
        + accepted_campaign_4 + accepted_campaign_5 + accepted_campaign_6 as campaigns_accepted
    from measured
),

final as (
    {{ attribute_rows(
        'counted',
        texts=['education', 'marital_status', 'country'],
        numbers=[
            'age', 'income', 'small_children', 'teenagers', 'children', 'tenure_days', 'recency_days',
            'wine_amount', 'fruit_amount', 'meat_amount', 'fish_amount', 'sweets_amount', 'gold_amount',
            'deal_purchases', 'web_purchases', 'catalogue_purchases', 'store_purchases', 'web_visits',
            'accepted_campaign_1', 'accepted_campaign_2', 'accepted_campaign_3',
            'accepted_campaign_4', 'accepted_campaign_5', 'accepted_campaign_6',
            'campaigns_accepted', 'complained',
        ],
        days=['enrolment_date']
    ) }}
)

select * from final
