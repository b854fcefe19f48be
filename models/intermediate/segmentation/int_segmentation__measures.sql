-- The settings are checked before these are read, so that every cast succeeds.
with

analyses as (
    select * from {{ ref('segmentation_settings') }}
),

measures as (
    select * from {{ ref('analysis_measures') }}
),

totals as (
    select distinct
        analysis,
        part_of as measure
    from measures
    where part_of is not null
),

final as (
    select
        analyses.dataset,
        analyses.analysis,
        analyses.unit in ('customer', 'buyer') as is_of_customers,
        measures.measure,
        cast(measures.position as integer) as position,
        measures.role,
        case
            when measures.role = 'category' then 'category'
            when measures.share_of is not null then 'share'
            when totals.measure is not null then 'total'
            else 'stated'
        end as source,
        measures.imputation,
        measures.part_of,
        measures.share_of,
        cast(measures.min_value as double) as min_value,
        cast(measures.max_value as double) as max_value
    from analyses
    inner join measures on analyses.settings_name = measures.analysis
    left join totals on measures.analysis = totals.analysis and measures.measure = totals.measure
)

select * from final
