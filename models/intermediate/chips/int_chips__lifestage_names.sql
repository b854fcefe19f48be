with

profiles as (
    select * from {{ ref('int_chips__lifestage_profiles') }}
),

segment_names as (
    select * from {{ ref('segment_names') }}
),

{{ name_clusters_by_rank('lifestage_segments', 'profiles', 'segment_names') }}

select * from final
