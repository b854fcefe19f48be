with

segment_cells as (
    select * from {{ ref('int_loyalty__segment_cells') }}
),

affinity_cells as (
    select * from {{ ref('int_loyalty__affinity_cells') }}
),

populations as (
    select
        dataset,
        cast(sum(customers) as bigint) as customers
    from {{ ref('int_loyalty__cells') }}
    group by dataset
),

all_sums as (
    select
        dataset,
        attribute,
        attribute_value,
        is_bought,
        sum(weight) as weight,
        sum(weight_by_total) as weight_by_total,
        cast(sum(squared_weight) as double) as squared_weight,
        cast(sum(weight_times_share) as double) as weight_times_share
    from affinity_cells
    group by dataset, attribute, attribute_value, is_bought
),

segment_sums as (
    select
        segment_cells.dataset,
        segment_cells.segment_type,
        segment_cells.segment,
        affinity_cells.attribute,
        affinity_cells.attribute_value,
        cast(sum(affinity_cells.buyers) as bigint) as buyers,
        sum(affinity_cells.weight) as weight,
        sum(affinity_cells.weight_by_total) as weight_by_total
    from segment_cells
    inner join affinity_cells on segment_cells.cell_id = affinity_cells.cell_id
    group by
        segment_cells.dataset, segment_cells.segment_type, segment_cells.segment, affinity_cells.attribute,
        affinity_cells.attribute_value
),

segments as (
    select
        dataset,
        segment_type,
        segment,
        cast(sum(customers) as bigint) as customers
    from segment_cells
    group by dataset, segment_type, segment
),

-- A value that a segment never chooses is a finding too, so every segment meets every value. Segments are compared by
-- what they buy, the loyal customers also by who they are and how.
final as (
    select
        segments.dataset,
        segments.segment_type,
        segments.segment,
        all_sums.attribute,
        all_sums.attribute_value,
        segments.customers,
        populations.customers - segments.customers as other_customers,
        coalesce(segment_sums.buyers, 0) as buyers,
        coalesce(segment_sums.weight, 0) as weight,
        all_sums.weight - coalesce(segment_sums.weight, 0) as other_weight,
        coalesce(segment_sums.weight_by_total, 0) as weight_by_total,
        all_sums.weight_by_total - coalesce(segment_sums.weight_by_total, 0) as other_weight_by_total,
        all_sums.squared_weight as all_squared_weight,
        all_sums.weight_times_share as all_weight_times_share
    from segments
    inner join populations on segments.dataset = populations.dataset
    inner join all_sums
        on segments.dataset = all_sums.dataset and (segments.segment_type = 'loyalty' or all_sums.is_bought)
    left join segment_sums
        on
            segments.dataset = segment_sums.dataset
            and segments.segment_type = segment_sums.segment_type
            and segments.segment = segment_sums.segment
            and all_sums.attribute = segment_sums.attribute
            and all_sums.attribute_value = segment_sums.attribute_value
    where segments.customers < populations.customers
)

select * from final
