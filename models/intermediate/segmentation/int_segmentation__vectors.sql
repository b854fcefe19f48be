with

units as (
    select * from {{ ref('int_segmentation__units') }}
),

features as (
    select * from {{ ref('int_segmentation__features') }}
),

unit_categories as (
    select * from {{ ref('int_segmentation__unit_categories') }}
),

number_vectors as (
    select
        analysis,
        unit_id,
        {{ array_in_order('measure_value', 'position', "role = 'feature'") }} as feature_values,
        {{ array_in_order('measure_value', 'position', "role <> 'feature'") }} as measure_values
    from features
    group by analysis, unit_id
),

category_vectors as (
    select
        analysis,
        unit_id,
        {{ array_in_order('category_value', 'position') }} as category_values
    from unit_categories
    group by analysis, unit_id
),

final as (
    select
        units.dataset,
        units.analysis,
        units.unit_id,
        units.is_fitted,
        number_vectors.feature_values,
        number_vectors.measure_values,
        category_vectors.category_values
    from units
    inner join number_vectors on units.analysis = number_vectors.analysis and units.unit_id = number_vectors.unit_id
    left join category_vectors
        on units.analysis = category_vectors.analysis and units.unit_id = category_vectors.unit_id
)

select * from final
