with

rfm as (
    select * from {{ ref('int_loyalty__customer_rfm') }}
),

attributes as (
    select * from {{ ref('customer_attributes') }}
    where attribute_type = 'text'
),

segment_values as (
    select * from {{ ref('int_loyalty__segment_values') }}
),

customer_codes as (
    select
        attributes.customer_key,
        sum(segment_values.value_code) as code
    from attributes
    inner join segment_values
        on
            attributes.dataset = segment_values.dataset
            and attributes.attribute = segment_values.attribute
            and attributes.attribute_value = segment_values.attribute_value
    group by attributes.customer_key
),

buyers as (
    select
        rfm.customer_key,
        rfm.dataset,
        rfm.is_loyal,
        coalesce(customer_codes.code, 0) as code
    from rfm
    left join customer_codes on rfm.customer_key = customer_codes.customer_key
),

-- A cell is known by its first customer.
cells as (
    select
        dataset,
        is_loyal,
        code,
        min(customer_key) as cell_id
    from buyers
    group by dataset, is_loyal, code
),

final as (
    select
        buyers.customer_key,
        cells.cell_id
    from buyers
    inner join cells
        on buyers.dataset = cells.dataset and buyers.is_loyal = cells.is_loyal and buyers.code = cells.code
)

select * from final
