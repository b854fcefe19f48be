with

units as (
    select
        units.*,
        scores.cluster_id
    from {{ ref('int_segmentation__units') }} as units
    inner join {{ ref('int_segmentation__scores') }} as scores
        on units.analysis = scores.analysis and units.unit_id = scores.unit_id
),

features as (
    select
        features.*,
        scores.cluster_id
    from {{ ref('int_segmentation__features') }} as features
    inner join {{ ref('int_segmentation__scores') }} as scores
        on features.analysis = scores.analysis and features.unit_id = scores.unit_id
),

category_shares as (
    select * from {{ ref('int_segmentation__category_shares') }}
),

clusters as (
    select
        dataset,
        analysis,
        cluster_id,
        count(*) as units,
        cast(sum(customers) as bigint) as customers
    from units
    group by dataset, analysis, cluster_id
),

populations as (
    select
        analysis,
        measure,
        avg(measure_value) as population_mean,
        stddev_pop(measure_value) as population_deviation
    from features
    group by analysis, measure
),

numbers as (
    select
        features.analysis,
        features.cluster_id,
        features.measure,
        'number' as measure_type,
        features.role = 'feature' as is_fit_feature,
        avg(features.measure_value) as mean,
        median(features.measure_value) as median,
        max(populations.population_mean) as population_mean,
        max(populations.population_deviation) as population_deviation
    from features
    inner join populations on features.analysis = populations.analysis and features.measure = populations.measure
    group by features.analysis, features.cluster_id, features.measure, features.role
),

measured as (
    select * from numbers
    union all
    select
        analysis,
        cluster_id,
        measure,
        'share' as measure_type,
        false as is_fit_feature,
        mean,
        cast(null as double) as median,
        population_mean,
        sqrt(population_mean * (1 - population_mean)) as population_deviation
    from category_shares
    union all
    select
        analysis,
        cluster_id,
        'cluster_customers' as measure,
        'size' as measure_type,
        false as is_fit_feature,
        customers as mean,
        cast(null as double) as median,
        avg(customers) over (partition by analysis) as population_mean,
        stddev_pop(customers) over (partition by analysis) as population_deviation
    from clusters
),

final as (
    select
        clusters.dataset,
        clusters.analysis,
        clusters.cluster_id,
        measured.measure,
        measured.measure_type,
        measured.is_fit_feature,
        clusters.units,
        clusters.customers,
        round(measured.mean, 9) as mean,
        round(measured.median, 9) as median,
        round(measured.population_mean, 9) as population_mean,
        round((measured.mean - measured.population_mean) / nullif(measured.population_deviation, 0), 9) as z_score,
        round(measured.mean / nullif(measured.population_mean, 0), 9) as index_to_population
    from measured
    inner join clusters on measured.analysis = clusters.analysis and measured.cluster_id = clusters.cluster_id
)

select * from final
