with

unit_categories as (
    select
        categories.*,
        scores.cluster_id
    from {{ ref('int_segmentation__unit_categories') }} as categories
    inner join {{ ref('int_segmentation__scores') }} as scores
        on categories.analysis = scores.analysis and categories.unit_id = scores.unit_id
),

clusters as (
    select
        analysis,
        cluster_id,
        count(*) as units
    from {{ ref('int_segmentation__scores') }}
    group by analysis, cluster_id
),

category_counts as (
    select
        analysis,
        cluster_id,
        category || ' = ' || category_value as measure,
        count(*) as units
    from unit_categories
    group by analysis, cluster_id, category, category_value
),

category_totals as (
    select
        analysis,
        measure,
        cast(sum(units) as double) as units
    from category_counts
    group by analysis, measure
),

final as (
    select
        clusters.analysis,
        clusters.cluster_id,
        category_totals.measure,
        coalesce(category_counts.units, 0) / cast(clusters.units as double) as mean,
        category_totals.units / sum(clusters.units) over (partition by clusters.analysis, category_totals.measure)
            as population_mean
    from clusters
    inner join category_totals on clusters.analysis = category_totals.analysis
    left join category_counts
        on
            clusters.analysis = category_counts.analysis
            and clusters.cluster_id = category_counts.cluster_id
            and category_totals.measure = category_counts.measure
)

select * from final
