{%- set models = [
    'int_offers__complement_offers', 'int_offers__category_offers', 'int_offers__basket_offers',
    'int_offers__win_back_offers',
] %}
with

offers as (
    {%- for model in models %}
    select
        dataset,
        analysis,
        segment_name,
        offer_type,
        target,
        offer,
        metric_name,
        metric_value,
        q_value,
        expected_reach,
        anyway_share,
        outcome,
        cost,
        reason
    from {{ ref(model) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

actions as (
    select * from {{ ref('int_segmentation__actions') }}
),

analyses as (
    select * from {{ ref('segmentation_settings') }}
),

exclusions as (
    select * from {{ ref('offer_exclusions') }}
),

-- What the actions for a segment advise against.
excluded as (
    select distinct
        actions.analysis,
        actions.segment_name,
        exclusions.offer_type,
        exclusions.target
    from actions
    inner join analyses on actions.analysis = analyses.analysis
    inner join exclusions
        on
            analyses.settings_name = exclusions.analysis
            and actions.measure = exclusions.measure
            and exclusions.direction = case when actions.z_score > 0 then 'high' else 'low' end
),

final as (
    select offers.*
    from offers
    left join excluded
        on
            offers.analysis = excluded.analysis
            and offers.segment_name = excluded.segment_name
            and (offers.offer_type = excluded.offer_type or excluded.offer_type = '*')
            and (offers.target = excluded.target or excluded.target = '*')
    where excluded.analysis is null
)

select * from final
