{#- A select of the fit sample of an analysis with one row per unit and feature: `unit_id`, `position` of the feature in the settings,
    `feature` and `feature_value`. -#}
{% macro feature_values(analysis) -%}
    {%- set settings = var('analyses')[analysis] -%}
    {%- for feature in settings['features'] %}
    select
        '{{ settings["dataset"] }}' as dataset,
        '{{ analysis }}' as analysis,
        unit_id,
        {{ loop.index }} as position,
        '{{ feature }}' as feature,
        {{ feature }} as feature_value
    from {{ ref(analysis_model(analysis, 'features')) }}
    where is_fitted
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
