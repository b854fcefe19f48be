{#-
  A select of the correlation of every pair of features of an analysis over its fit sample: Pearson of the values and Spearman (Pearson of
  the ranks, equal values sharing their mean rank).
-#}
{% macro feature_correlation(analysis) -%}
    {%- set settings = var('analyses')[analysis] -%}
    {%- set features = settings['features'] -%}
    {%- set pairs = [] -%}
    {%- for first in range(features | length) -%}
        {%- for second in range(first + 1, features | length) -%}
            {%- do pairs.append((features[first], features[second])) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for x, y in pairs %}
    select
        '{{ settings["dataset"] }}' as dataset,
        '{{ analysis }}' as analysis,
        '{{ x }}' as feature_x,
        '{{ y }}' as feature_y,
        round(corr({{ x }}, {{ y }}), 9) as pearson,
        round(corr({{ x }}_rank, {{ y }}_rank), 9) as spearman,
        count(*) as units
    from (
        select
            {%- for feature in [x, y] %}
            {{ feature }},
            rank() over (order by {{ feature }} nulls last)
            + (count(*) over (partition by {{ feature }}) - 1) / 2.0 as {{ feature }}_rank
            {{- ',' if not loop.last }}
            {%- endfor %}
        from {{ ref(analysis_model(analysis, 'features')) }}
        where is_fitted
    ) as ranked
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
