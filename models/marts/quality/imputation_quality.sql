with

quality as (
    select * from {{ ref('segmentation_imputation_quality') }}
),

imputations as (
    select * from {{ ref('segmentation_imputations') }}
),

counts as (
    select
        analysis,
        measure,
        count(*) as imputed_rows
    from imputations
    group by analysis, measure
),

final as (
    select
        quality.dataset,
        quality.analysis,
        quality.measure,
        coalesce(counts.imputed_rows, 0) as imputed_rows,
        cast(quality.donor_rows as bigint) as donor_rows,
        cast(quality.n_neighbors as integer) as n_neighbors,
        cast(quality.masked_rows as bigint) as masked_rows,
        quality.mean_absolute_error,
        quality.median_absolute_error,
        quality.mean_error,
        quality.baseline_error,
        quality.correlation
    from quality
    left join counts on quality.analysis = counts.analysis and quality.measure = counts.measure
)

select * from final
