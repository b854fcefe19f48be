with

quality as (
    select * from {{ ref('campaign_customers_imputation_quality') }}
),

imputations as (
    select count(*) as imputed_rows from {{ ref('campaign_customers_imputations') }}
),

final as (
    select
        'campaign' as dataset,
        quality.measure,
        imputations.imputed_rows,
        cast(quality.donor_rows as bigint) as donor_rows,
        cast(quality.n_neighbors as integer) as n_neighbors,
        cast(quality.masked_rows as bigint) as masked_rows,
        quality.mean_absolute_error,
        quality.median_absolute_error,
        quality.mean_error,
        quality.baseline_error,
        quality.correlation
    from quality
    cross join imputations
)

select * from final
