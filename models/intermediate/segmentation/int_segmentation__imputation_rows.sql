with

analyses as (
    select * from {{ ref('segmentation_settings') }}
),

measures as (
    select * from {{ ref('int_segmentation__measures') }}
    where imputation is not null
),

units as (
    select * from {{ ref('int_segmentation__units') }}
),

unit_measures as (
    select * from {{ ref('int_segmentation__unit_measures') }}
),

collected as (
    select
        units.dataset,
        units.analysis,
        units.unit_id,
        units.is_outlier,
        {{ array_in_order(
            'unit_measures.measure_value', 'measures.position', "measures.imputation = 'target'"
        ) }} as target_values,
        {{ array_in_order(
            'unit_measures.measure_value', 'measures.position', "measures.imputation = 'predictor'"
        ) }} as predictor_values,
        count(*) filter (where measures.imputation = 'target')
        = count(unit_measures.measure_value) filter (where measures.imputation = 'target') as is_complete
    from units
    inner join measures on units.analysis = measures.analysis
    left join unit_measures
        on
            units.analysis = unit_measures.analysis
            and units.unit_id = unit_measures.unit_id
            and measures.measure = unit_measures.measure
    group by units.dataset, units.analysis, units.unit_id, units.is_outlier
),

judged as (
    select
        collected.*,
        collected.is_complete and not collected.is_outlier and row_number() over (
            partition by collected.analysis, collected.is_complete and not collected.is_outlier
            order by md5(collected.unit_id) nulls last, collected.unit_id nulls last
        ) <= analyses.donor_rows as is_donor
    from collected
    inner join analyses on collected.analysis = analyses.analysis
),

final as (
    select
        dataset,
        analysis,
        unit_id,
        target_values,
        predictor_values,
        not is_complete as is_receiver,
        is_donor
    from judged
    where is_donor or not is_complete
)

select * from final
