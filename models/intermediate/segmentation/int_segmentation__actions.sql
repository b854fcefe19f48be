with

analyses as (
    select * from {{ ref('segmentation_settings') }}
),

profiles as (
    select * from {{ ref('int_segmentation__profiles') }}
),

names as (
    select * from {{ ref('int_segmentation__names') }}
),

action_rules as (
    select * from {{ ref('action_rules') }}
),

preferences as (
    select * from {{ ref('int_loyalty__segment_preferences') }}
),

matched as (
    select
        profiles.dataset,
        profiles.analysis,
        profiles.cluster_id,
        names.segment_name,
        action_rules.action_type,
        action_rules.action,
        profiles.measure,
        profiles.z_score,
        profiles.index_to_population
    from profiles
    inner join names on profiles.analysis = names.analysis and profiles.cluster_id = names.cluster_id
    inner join analyses on profiles.analysis = analyses.analysis
    inner join action_rules
        on
            analyses.settings_name = action_rules.analysis
            and profiles.measure = action_rules.measure
            and profiles.z_score * case action_rules.direction when 'high' then 1 else -1 end
            >= action_rules.min_z_score
    where abs(profiles.index_to_population - 1) >= {{ var('notable_difference') }}
),

final as (
    select
        matched.dataset,
        matched.analysis,
        matched.cluster_id,
        matched.segment_name,
        cast(row_number() over (
            partition by matched.analysis, matched.cluster_id
            order by abs(matched.z_score) desc nulls last, matched.action_type nulls last
        ) as integer) as action_rank,
        matched.action_type,
        {{ fill_placeholders('matched.action', {
            'brand': "coalesce(preferences.brand, 'leading brand')",
            'flavour': "coalesce(preferences.flavour, 'new')",
            'pack_size': "coalesce(preferences.pack_size, 'smaller')",
        }) }} as action,
        matched.measure,
        matched.z_score,
        matched.index_to_population,
        case matched.measure
            when 'cluster_customers' then 'number of customers'
            else replace(matched.measure, '_', ' ')
        end
        || ' is ' || {{ format_ratio('matched.index_to_population') }} || ' times the average' as reason
    from matched
    left join preferences
        on matched.analysis = preferences.analysis and matched.segment_name = preferences.segment_name
)

select * from final
