with

cells as (
    select * from {{ ref('int_loyalty__cells') }}
),

attributes as (
    select * from {{ ref('customer_attributes') }}
),

segment_attributes as (
    select distinct
        dataset,
        attribute,
        segment_type
    from {{ ref('int_loyalty__segment_values') }}
),

-- All customers of a cell have the values of the one that it is known by.
final as (
    select
        cells.cell_id,
        cells.dataset,
        segment_attributes.attribute,
        segment_attributes.segment_type,
        coalesce(attributes.attribute_value, 'Unknown') as attribute_value,
        cells.customers
    from cells
    inner join segment_attributes on cells.dataset = segment_attributes.dataset
    left join attributes
        on cells.cell_id = attributes.customer_key and segment_attributes.attribute = attributes.attribute
)

select * from final
