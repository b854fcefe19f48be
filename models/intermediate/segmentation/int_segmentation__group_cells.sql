-- Customers of a cell have the same attributes, so that few rows tell which group each customer belongs to.
with

analyses as (
    select
        *,
        split_part(unit, '+', 1) as first_attribute,
        nullif(split_part(unit, '+', 2), '') as second_attribute,
        nullif(split_part(unit, '+', 3), '') as third_attribute
    from {{ ref('segmentation_settings') }}
    where unit not in ('customer', 'buyer')
),

cell_attributes as (
    select * from {{ ref('int_loyalty__cell_attributes') }}
),

described as (
    select
        analyses.dataset,
        analyses.analysis,
        firsts.cell_id,
        analyses.first_attribute,
        analyses.second_attribute,
        analyses.third_attribute,
        firsts.attribute_value as first_value,
        seconds.attribute_value as second_value,
        thirds.attribute_value as third_value
    from analyses
    inner join cell_attributes as firsts
        on analyses.dataset = firsts.dataset and analyses.first_attribute = firsts.attribute
    left join cell_attributes as seconds
        on firsts.cell_id = seconds.cell_id and analyses.second_attribute = seconds.attribute
    left join cell_attributes as thirds
        on firsts.cell_id = thirds.cell_id and analyses.third_attribute = thirds.attribute
),

final as (
    select
        dataset,
        analysis,
        cell_id,
        first_value || coalesce(', ' || second_value, '') || coalesce(', ' || third_value, '') as unit_id,
        first_attribute,
        second_attribute,
        third_attribute,
        first_value,
        second_value,
        third_value
    from described
)

select * from final
