with

profiles as (
    select * from {{ ref('segment_profiles') }}
),

actions as (
    select * from {{ ref('segment_actions') }}
),

segment_traits as (
    select * from {{ ref('segment_traits') }}
),

{{ segment_insights('campaign_customers', 'profiles', 'actions', 'segment_traits') }}

select * from final
