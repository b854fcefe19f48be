{#- A select with one row per unit and feature of an analysis: `position` of the feature in the settings, `feature` and `feature_value`;
    of the fit sample with `unit_id`, or of all units with their `cluster_id`. -#}
{% macro feature_values(analysis, with_clusters=false) -%}
    {%- set settings = var('analyses')[analysis] -%}
    {%- for feature in settings['features'] %}
    select
        '{{ settings["dataset"] }}' as dataset,
        '{{ analysis }}' as analysis,
        {{ 'scores.cluster_id' if with_clusters else 'features.unit_id' }},
        {{ loop.index }} as position,
        '{{ feature }}' as feature,
        features.{{ feature }} as feature_value
    from {{ ref(analysis_model(analysis, 'features')) }} as features
    {%- if with_clusters %}
    inner join {{ ref(analysis_model(analysis, 'scores')) }} as scores on features.unit_id = scores.unit_id
    {%- else %}
    where features.is_fitted
    {%- endif %}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
