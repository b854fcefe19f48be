{#-
  A select of what sets each cluster apart: one row per cluster and measure with mean, median, z-score (distance of the
  cluster's mean from the population's, in the population's standard deviations) and index (ratio of the two means). The
  measure `cluster_customers` holds the number of customers of a cluster, compared with the other clusters.
-#}
{% macro cluster_profiles(analysis, features, scores, other_measures=[]) -%}
    {%- set fitted = var('analyses')[analysis]['features'] -%}
    select
        cluster_id,
        measure,
        is_fit_feature,
        units,
        customers,
        round(mean, 9) as mean,
        round(median, 9) as median,
        round(population_mean, 9) as population_mean,
        round((mean - population_mean) / nullif(population_deviation, 0), 9) as z_score,
        round(mean / nullif(population_mean, 0), 9) as index_to_population
    from (
        {%- for measure in fitted + other_measures %}
        select
            scores.cluster_id,
            '{{ measure }}' as measure,
            {{ measure in fitted }} as is_fit_feature,
            count(*) as units,
            cast(sum(features.customers) as bigint) as customers,
            avg(features.{{ measure }}) as mean,
            median(features.{{ measure }}) as median,
            max(population.mean) as population_mean,
            max(population.deviation) as population_deviation
        from {{ features }} as features
        inner join {{ scores }} as scores on features.unit_id = scores.unit_id
        cross join (
            select
                avg({{ measure }}) as mean,
                stddev_pop({{ measure }}) as deviation
            from {{ features }}
        ) as population
        group by scores.cluster_id
        union all
        {%- endfor %}
        select
            cluster_id,
            'cluster_customers' as measure,
            false as is_fit_feature,
            units,
            customers,
            customers as mean,
            customers as median,
            avg(customers) over () as population_mean,
            stddev_pop(customers) over () as population_deviation
        from (
            select
                scores.cluster_id,
                count(*) as units,
                cast(sum(features.customers) as bigint) as customers
            from {{ features }} as features
            inner join {{ scores }} as scores on features.unit_id = scores.unit_id
            group by scores.cluster_id
        ) as sizes
    ) as measured
{%- endmacro %}
