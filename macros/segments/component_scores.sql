{#- A select of the place of at most segment_map_rows units of an analysis on its principal components: `unit_id`, `cluster_id`,
    `component_1` and `component_2`. Which units is decided by the hash of their key. -#}
{% macro component_scores(analysis) -%}
    {%- set settings = var('analyses')[analysis] -%}
    {%- set features = settings['features'] -%}
    select
        '{{ settings["dataset"] }}' as dataset,
        '{{ analysis }}' as analysis,
        units.unit_id,
        units.cluster_id,
        {%- for component in [1, 2] %}
        round(
            {%- for feature in features %}
            directions.loading_{{ component }}_{{ loop.index }}
            * (units.{{ feature }} - directions.centre_{{ loop.index }}) / directions.scale_{{ loop.index }}
            {{- ' +' if not loop.last }}
            {%- endfor %},
            9
        ) as component_{{ component }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    from (
        select
            features.*,
            scores.cluster_id
        from {{ ref(analysis_model(analysis, 'features')) }} as features
        inner join {{ ref(analysis_model(analysis, 'scores')) }} as scores on features.unit_id = scores.unit_id
        qualify row_number() over (
            order by md5(features.unit_id) nulls last, features.unit_id nulls last
        ) <= {{ var('segment_map_rows') }}
    ) as units
    cross join (
        select
            {%- for feature in features %}
            {%- set position = loop.index %}
            {%- for component in [1, 2] %}
            -- An analysis of one feature has one direction, and all units lie at 0 of the other.
            coalesce(max(loading) filter (where component = {{ component }} and feature = '{{ feature }}'), 0)
                as loading_{{ component }}_{{ position }},
            {%- endfor %}
            max(centre) filter (where feature = '{{ feature }}') as centre_{{ position }},
            max(scale) filter (where feature = '{{ feature }}') as scale_{{ position }},
            {%- endfor %}
            count(*) as loadings
        from {{ ref(analysis ~ '_components') }}
    ) as directions
{%- endmacro %}
