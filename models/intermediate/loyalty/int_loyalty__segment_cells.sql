with

cells as (
    select * from {{ ref('int_loyalty__cells') }}
),

cell_attributes as (
    select * from {{ ref('int_loyalty__cell_attributes') }}
),

scores as (
    {{ union_datasets(
        {'chips': 'int_chips__lifestage_scores'}, columns=['lifestage', 'premium_tier', 'cluster_id']
    ) }}
),

names as (
    {{ union_datasets({'chips': 'int_chips__lifestage_names'}, columns=['cluster_id', 'segment_name']) }}
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
        combinations.cell_id
    from combinations
    left join scores
        on
            combinations.dataset = scores.dataset
            and combinations.lifestage = scores.lifestage
            and combinations.premium_tier = scores.premium_tier
    left join names on scores.dataset = names.dataset and scores.cluster_id = names.cluster_id
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
