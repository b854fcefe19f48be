with

measures as (
    select * from {{ ref('int_segmentation__measures') }}
),

units as (
    select * from {{ ref('int_segmentation__units') }}
),

unit_measures as (
    select * from {{ ref('int_segmentation__unit_measures') }}
),

imputations as (
    select * from {{ ref('segmentation_imputations') }}
),

completed as (
    select
        units.analysis,
        units.unit_id,
        measures.measure,
        measures.part_of,
        coalesce(unit_measures.measure_value, imputations.imputed) as measure_value,
        unit_measures.measure_value is null as is_imputed
    from units
    inner join measures on units.analysis = measures.analysis and measures.source = 'stated'
    left join unit_measures
        on
            units.analysis = unit_measures.analysis
            and units.unit_id = unit_measures.unit_id
            and measures.measure = unit_measures.measure
    left join imputations
        on
            units.analysis = imputations.analysis
            and units.unit_id = imputations.unit_id
            and measures.measure = imputations.measure
),

-- Decimals, because their sum does not depend on the order of rows.
totals as (
    select
        analysis,
        unit_id,
        part_of as measure,
        cast(sum({{ double_as_decimal('measure_value', 9) }}) as double) as measure_value,
        bool_or(is_imputed) as is_imputed
    from completed
    where part_of is not null
    group by analysis, unit_id, part_of
),

shares as (
    select
        completed.analysis,
        completed.unit_id,
        measures.measure,
        coalesce(completed.measure_value / nullif(totals.measure_value, 0), 0) as measure_value,
        totals.is_imputed
    from completed
    inner join measures
        on completed.analysis = measures.analysis and completed.measure = measures.share_of
    inner join totals
        on
            completed.analysis = totals.analysis
            and completed.unit_id = totals.unit_id
            and completed.part_of = totals.measure
),

combined as (
    select
        analysis,
        unit_id,
        measure,
        measure_value,
        is_imputed
    from completed
    union all
    select * from totals
    union all
    select * from shares
),

final as (
    select
        measures.dataset,
        measures.analysis,
        combined.unit_id,
        measures.measure,
        measures.position,
        measures.role,
        combined.measure_value,
        combined.is_imputed
    from combined
    inner join measures on combined.analysis = measures.analysis and combined.measure = measures.measure
    where measures.role <> 'input'
)

select * from final
