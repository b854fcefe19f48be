with

analyses as (
    select * from {{ ref('segmentation_settings') }}
),

measures as (
    select * from {{ ref('int_segmentation__measures') }}
),

unit_customers as (
    select * from {{ ref('int_segmentation__unit_customers') }}
),

groups as (
    select * from {{ ref('int_segmentation__groups') }}
    where is_known
),

unit_measures as (
    select * from {{ ref('int_segmentation__unit_measures') }}
),

members as (
    select
        analyses.dataset,
        analyses.analysis,
        unit_customers.unit_id,
        1 as customers
    from analyses
    inner join unit_customers on analyses.analysis = unit_customers.analysis
    where analyses.unit in ('customer', 'buyer')
    union all
    select
        dataset,
        analysis,
        unit_id,
        customers
    from groups
),

usual_values as (
    select
        analysis,
        measure,
        avg(measure_value) as mean,
        stddev_pop(measure_value) as deviation
    from unit_measures
    group by analysis, measure
),

-- Only stated values: what is imputed is never far from the others.
outliers as (
    select distinct
        unit_measures.analysis,
        unit_measures.unit_id
    from unit_measures
    inner join analyses on unit_measures.analysis = analyses.analysis
    inner join measures
        on unit_measures.analysis = measures.analysis and unit_measures.measure = measures.measure
    inner join usual_values
        on unit_measures.analysis = usual_values.analysis and unit_measures.measure = usual_values.measure
    where
        unit_measures.measure_value < measures.min_value
        or unit_measures.measure_value > measures.max_value
        or (
            measures.role = 'feature'
            and abs(unit_measures.measure_value - usual_values.mean)
            > analyses.outlier_z_score * usual_values.deviation
        )
),

final as (
    select
        members.dataset,
        members.analysis,
        members.unit_id,
        cast(members.customers as bigint) as customers,
        outliers.unit_id is not null as is_outlier,
        -- Drawn by the hash of the key, so that the same data gives the same sample in whatever order it comes.
        outliers.unit_id is null
        and row_number() over (
            partition by members.analysis
            order by md5(members.unit_id) nulls last, members.unit_id nulls last
        ) <= analyses.fit_sample_rows as is_fitted
    from members
    inner join analyses on members.analysis = analyses.analysis
    left join outliers on members.analysis = outliers.analysis and members.unit_id = outliers.unit_id
)

select * from final
