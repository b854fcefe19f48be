with

cells as (
    select * from {{ ref('int_loyalty__cells') }}
),

cell_attributes as (
    select * from {{ ref('int_loyalty__cell_attributes') }}
),

group_cells as (
    select * from {{ ref('int_segmentation__group_cells') }}
    where analysis = 'lifestage_segments'
),

scores as (
    select * from {{ ref('int_segmentation__scores') }}
),

names as (
    select * from {{ ref('int_segmentation__names') }}
),

life_stages as (
    select * from cell_attributes
    where attribute = 'lifestage'
),

tiers as (
    select * from cell_attributes
    where attribute = 'premium_tier'
),

combinations as (
    select
        life_stages.cell_id,
        life_stages.dataset,
        life_stages.attribute_value as lifestage,
        tiers.attribute_value as premium_tier
    from life_stages
    inner join tiers on life_stages.cell_id = tiers.cell_id
),

segment_cells as (
    select
        'life stage and tier' as segment_type,
        lifestage || ', ' || premium_tier as segment,
        cell_id
    from combinations
    union all
    select
        segment_type,
        attribute_value as segment,
        cell_id
    from cell_attributes
    union all
    select
        'cluster' as segment_type,
        coalesce(names.segment_name, 'Unknown') as segment,
        group_cells.cell_id
    from group_cells
    left join scores on group_cells.analysis = scores.analysis and group_cells.unit_id = scores.unit_id
    left join names on scores.analysis = names.analysis and scores.cluster_id = names.cluster_id
    union all
    select
        'loyalty' as segment_type,
        'Loyal customers' as segment,
        cell_id
    from cells
    where is_loyal
),

final as (
    select
        cells.dataset,
        segment_cells.segment_type,
        segment_cells.segment,
        cells.cell_id,
        cells.customers
    from segment_cells
    inner join cells on segment_cells.cell_id = cells.cell_id
)

select * from final
