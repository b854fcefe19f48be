-- A finding per segment of customers: how many they are, and the traits that its name is made of.
with

analyses as (
    select * from {{ ref('segmentation_settings') }}
    where unit in ('customer', 'buyer')
),

profiles as (
    select * from {{ ref('int_segmentation__profiles') }}
),

names as (
    select * from {{ ref('int_segmentation__names') }}
),

mentioned as (
    select * from {{ ref('int_segmentation__name_traits') }}
),

actions as (
    select * from {{ ref('int_segmentation__actions') }}
    where action_rank = 1
),

described as (
    select
        profiles.dataset,
        profiles.analysis,
        profiles.cluster_id,
        max(profiles.customers) as customers,
        {{ join_in_order(
            "replace(profiles.measure, '_', ' ') || ' ' || " ~ format_ratio('profiles.index_to_population')
            ~ " || ' times the average'",
            'mentioned.position', ', '
        ) }} as traits,
        -- The name holds as far as the least of its traits.
        min({{ cautious_effect('profiles.index_to_population', 'profiles.index_to_population') }}) as cautious_effect
    from profiles
    inner join mentioned
        on
            profiles.analysis = mentioned.analysis
            and profiles.cluster_id = mentioned.cluster_id
            and profiles.measure = mentioned.measure
    group by profiles.dataset, profiles.analysis, profiles.cluster_id
),

shared as (
    select
        described.*,
        names.segment_name,
        described.customers / cast(sum(described.customers) over (partition by described.analysis) as double)
            as customer_share
    from described
    inner join analyses on described.analysis = analyses.analysis
    inner join names on described.analysis = names.analysis and described.cluster_id = names.cluster_id
),

final as (
    select
        shared.dataset,
        'segments' as topic,
        'The segment "' || shared.segment_name || '": ' || {{ format_count('shared.customers') }} || ' customers, '
        || {{ format_share('shared.customer_share') }} || ' of all; ' || shared.traits || '.' as insight,
        shared.customer_share as metric_value,
        'share of customers' as metric_name,
        shared.customer_share as touched_share,
        coalesce(shared.cautious_effect, 0) as cautious_effect,
        'segment_profiles' as evidence_mart,
        'analysis = ' || shared.analysis || ', segment_name = ' || shared.segment_name as evidence_key,
        coalesce(actions.action, 'Treat them as the average customer.') as recommended_action
    from shared
    left join actions on shared.analysis = actions.analysis and shared.cluster_id = actions.cluster_id
)

select * from final
