{%- set scores = {
    'lifestage_segments': 'int_chips__customer_scores',
    'shop_customers': 'int_shop__customer_scores',
    'campaign_customers': 'int_campaign__customer_scores',
    'grocery_customers': 'int_grocery__customer_scores',
} -%}

with

scores as (
    {%- for analysis in enabled_analyses() %}
    select
        '{{ var("analyses")[analysis]["dataset"] }}' as dataset,
        '{{ analysis }}' as analysis,
        customer_id,
        cluster_id,
        distance,
        runner_up_cluster_id,
        runner_up_distance
    from {{ ref(scores[analysis]) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

names as (
    {{ union_analyses('names') }}
),

final as (
    select
        scores.dataset,
        scores.analysis,
        scores.customer_id,
        scores.cluster_id,
        coalesce(names.segment_name, 'Unknown') as segment_name,
        scores.distance,
        runners_up.segment_name as runner_up_segment_name,
        scores.runner_up_distance,
        coalesce(scores.distance > {{ var('borderline_ratio') }} * scores.runner_up_distance, false) as is_borderline
    from scores
    left join names on scores.analysis = names.analysis and scores.cluster_id = names.cluster_id
    left join names as runners_up
        on scores.analysis = runners_up.analysis and scores.runner_up_cluster_id = runners_up.cluster_id
)

select * from final
