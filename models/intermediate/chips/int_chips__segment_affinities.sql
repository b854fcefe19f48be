with

segment_cells as (
    select * from {{ ref('int_chips__segment_cells') }}
),

affinity_cells as (
    select * from {{ ref('int_chips__affinity_cells') }}
),

population as (
    select count(*) as customers from {{ ref('loyalty_customers') }}
),

everybody as (
    select
        attribute,
        attribute_value,
        cast(sum(squared_weight) as bigint) as squared_weight,
        cast(sum(weight_times_share) as double) as weight_times_share,
        {{ additive_sums() }}
    from affinity_cells
    group by attribute, attribute_value
),

segment_sums as (
    select
        segment_cells.segment_type,
        segment_cells.segment,
        affinity_cells.attribute,
        affinity_cells.attribute_value,
        {{ additive_sums() }}
    from segment_cells
    inner join affinity_cells
        on
            segment_cells.lifestage = affinity_cells.lifestage
            and segment_cells.premium_tier = affinity_cells.premium_tier
            and segment_cells.is_loyal = affinity_cells.is_loyal
    group by
        segment_cells.segment_type, segment_cells.segment, affinity_cells.attribute, affinity_cells.attribute_value
),

segments as (
    select
        segment_type,
        segment,
        cast(sum(customers) as bigint) as customers
    from segment_cells
    group by segment_type, segment
),

-- A value that a segment never chooses is a finding too, so every segment meets every value. Segments are compared by
-- what they buy, the loyal customers also by who they are and how.
compared as (
    select
        segments.segment_type,
        segments.segment,
        everybody.attribute,
        everybody.attribute_value,
        segments.customers,
        population.customers - segments.customers as other_customers,
        {{ sums_of_segment_and_others('segment_sums', 'everybody') }}
    from segments
    cross join population
    inner join everybody
        on segments.segment_type = 'loyalty' or everybody.attribute in ('brand', 'flavour', 'pack size')
    left join segment_sums
        on
            segments.segment_type = segment_sums.segment_type
            and segments.segment = segment_sums.segment
            and everybody.attribute = segment_sums.attribute
            and everybody.attribute_value = segment_sums.attribute_value
    where segments.customers < population.customers
),

final as (
    {{ compare_shares(
        'compared',
        keys=['segment_type', 'segment', 'attribute', 'attribute_value'],
        total_of=['segment_type', 'segment', 'attribute']
    ) }}
)

select * from final
