{#-
  CTEs, the last one `final`, that tell what sets each cluster apart: one row per cluster and measure with mean, median, z-score
  (distance of the cluster's mean from the population's, in the population's standard deviations) and index (ratio of the
  two means). Measures are the analysis' features, derived and further measures, and each value of its categories as a share
  (`profession = Artist`: the mean of a 0/1 measure). `cluster_customers` holds the number of customers of a cluster,
  compared with the other clusters.
-#}
{% macro cluster_profiles(analysis, features, scores) -%}
    {%- set settings = var('analyses')[analysis] -%}
    {%- set described = settings.get('derived_measures', []) + settings.get('measures', []) -%}
    {%- set measures = (settings['features'] + described) | unique | list -%}
    {%- set categories = settings.get('categories', []) -%}
    units as (
        select
            features.*,
            scores.cluster_id
        from {{ features }} as features
        inner join {{ scores }} as scores on features.unit_id = scores.unit_id
    ),

    clusters as (
        select
            cluster_id,
            count(*) as units,
            cast(sum(customers) as bigint) as customers
            {%- for measure in measures %},
            avg({{ measure }}) as mean_{{ loop.index }},
            median({{ measure }}) as median_{{ loop.index }}
            {%- endfor %}
        from units
        group by cluster_id
    ),

    population as (
        select
            count(*) as units
            {%- for measure in measures %},
            avg({{ measure }}) as mean_{{ loop.index }},
            stddev_pop({{ measure }}) as deviation_{{ loop.index }}
            {%- endfor %}
        from units
    ),
    {%- if categories %}

    category_counts as (
        {%- for category in categories %}
        select
            cluster_id,
            '{{ category }}' as category,
            '{{ category }} = ' || {{ category }} as measure,
            count(*) as units
        from units
        group by cluster_id, {{ category }}
        {{ 'union all' if not loop.last }}
        {%- endfor %}
    ),

    category_values as (
        select
            measure,
            cast(sum(units) as double) as units
        from category_counts
        group by measure
    ),

    category_shares as (
        select
            clusters.cluster_id,
            clusters.units,
            clusters.customers,
            category_values.measure,
            coalesce(category_counts.units, 0) / cast(clusters.units as double) as share,
            category_values.units / population.units as population_share
        from clusters
        cross join category_values
        cross join population
        left join category_counts
            on clusters.cluster_id = category_counts.cluster_id and category_values.measure = category_counts.measure
    ),
    {%- endif %}

    measured as (
        {%- for measure in measures %}
        select
            clusters.cluster_id,
            '{{ measure }}' as measure,
            'number' as measure_type,
            {{ measure in settings['features'] }} as is_fit_feature,
            clusters.units,
            clusters.customers,
            clusters.mean_{{ loop.index }} as mean,
            clusters.median_{{ loop.index }} as median,
            population.mean_{{ loop.index }} as population_mean,
            population.deviation_{{ loop.index }} as population_deviation
        from clusters
        cross join population
        union all
        {%- endfor %}
        {%- if categories %}
        select
            cluster_id,
            measure,
            'share' as measure_type,
            false as is_fit_feature,
            units,
            customers,
            share as mean,
            null as median,
            population_share as population_mean,
            sqrt(population_share * (1 - population_share)) as population_deviation
        from category_shares
        union all
        {%- endif %}
        select
            cluster_id,
            'cluster_customers' as measure,
            'size' as measure_type,
            false as is_fit_feature,
            units,
            customers,
            customers as mean,
            null as median,
            avg(customers) over () as population_mean,
            stddev_pop(customers) over () as population_deviation
        from clusters
    ),

    final as (
        select
            cluster_id,
            measure,
            measure_type,
            is_fit_feature,
            units,
            customers,
            round(mean, 9) as mean,
            round(median, 9) as median,
            round(population_mean, 9) as population_mean,
            round((mean - population_mean) / nullif(population_deviation, 0), 9) as z_score,
            round(mean / nullif(population_mean, 0), 9) as index_to_population
        from measured
    )
{%- endmacro %}
