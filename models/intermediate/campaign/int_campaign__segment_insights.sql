with

profiles as (
    select * from {{ ref('segment_profiles') }}
),

actions as (
    select * from {{ ref('segment_actions') }}
),

{{ segment_insights('campaign_customers', 'profiles', 'actions') }}

select * from final
