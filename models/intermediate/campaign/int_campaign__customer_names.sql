with

profiles as (
    select * from {{ ref('int_campaign__customer_profiles') }}
),

segment_traits as (
    select * from {{ ref('segment_traits') }}
),

{{ name_clusters_by_traits('campaign_customers', 'profiles', 'segment_traits') }}

select * from final
