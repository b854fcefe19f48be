{#-
  A select that assigns every unit to its nearest centroid: `unit_id`, the attributes, `cluster_id`, `distance` (Euclidean, in scaled
  units), `runner_up_cluster_id` and `runner_up_distance`. The k centroids are one row of columns, so that scoring is a
  projection: no join, no grouping, and no limit to the number of units. Equal distances go to the lower cluster id.
-#}
{% macro score_clusters(analysis, features, centroids, attributes=[]) -%}
    {%- set settings = var('analyses')[analysis] -%}
    {%- set clusters = range(1, settings['n_clusters'] + 1) -%}
    select
        unit_id,
        {%- for attribute in attributes %}
        {{ attribute }},
        {%- endfor %}
        cluster_id,
        distance,
        {{ position_of('runner_up_distance', clusters, skip='cluster_id') }} as runner_up_cluster_id,
        runner_up_distance
    from (
        select
            *,
            least({{ distances(clusters, skip='cluster_id') }}) as runner_up_distance
        from (
            select
                *,
                {{ position_of('distance', clusters) }} as cluster_id
            from (
                select
                    *,
                    least({{ distances(clusters) }}) as distance
                from (
                    select
                        features.*,
                        {%- for cluster in clusters %}
                        sqrt(
                            {%- for feature in settings['features'] %}
                            {#- A product: power() takes three times as long. #}
                            {%- set difference = '((features.' ~ feature ~ ' - offset_' ~ loop.index ~ ') / scale_' ~ loop.index
                                ~ ' - centre_' ~ cluster ~ '_' ~ loop.index ~ ')' %}
                            {{ difference }} * {{ difference }}
                            {{- ' +' if not loop.last }}
                            {%- endfor %}
                        ) as distance_{{ cluster }}
                        {{- ',' if not loop.last }}
                        {%- endfor %}
                    from {{ features }} as features
                    cross join (
                        select
                            {%- for feature in settings['features'] %}
                            max(scaler_offset) filter (where feature = '{{ feature }}') as offset_{{ loop.index }},
                            max(scaler_scale) filter (where feature = '{{ feature }}') as scale_{{ loop.index }},
                            {%- set position = loop.index %}
                            {%- for cluster in clusters %}
                            max(centre_scaled) filter (
                                where feature = '{{ feature }}' and cluster_id = {{ cluster }}
                            ) as centre_{{ cluster }}_{{ position }}
                            {{- ',' }}
                            {%- endfor %}
                            {%- endfor %}
                            count(*) as centroid_rows
                        from {{ centroids }}
                    ) as centroid
                ) as measured
            ) as nearest
        ) as assigned
    ) as compared
{%- endmacro %}


{% macro distances(clusters, skip=none) -%}
    {%- for cluster in clusters -%}
        {%- if skip -%}
            case when {{ skip }} <> {{ cluster }} then distance_{{ cluster }} end
        {%- else -%}
            distance_{{ cluster }}
        {%- endif -%}
        {{- ', ' if not loop.last -}}
    {%- endfor -%}
{%- endmacro %}


{% macro position_of(distance, clusters, skip=none) -%}
    case
        {%- for cluster in clusters %}
        when distance_{{ cluster }} = {{ distance }}{% if skip %} and {{ skip }} <> {{ cluster }}{% endif %} then {{ cluster }}
        {%- endfor %}
    end
{%- endmacro %}
