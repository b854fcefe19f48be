with

analyses as (
    select * from {{ ref('segmentation_settings') }}
),

customers as (
    select * from {{ ref('customers') }}
),

customer_cells as (
    select * from {{ ref('int_loyalty__customer_cells') }}
),

buyers as (
    select distinct customer_key from {{ ref('int_segmentation__purchases') }}
),

group_cells as (
    select * from {{ ref('int_segmentation__group_cells') }}
),

final as (
    select
        analyses.dataset,
        analyses.analysis,
        customers.customer_key,
        customers.customer_id as unit_id
    from analyses
    inner join customers on analyses.dataset = customers.dataset
    left join buyers on customers.customer_key = buyers.customer_key
    where
        (analyses.unit = 'customer' and customers.is_listed)
        or (analyses.unit = 'buyer' and buyers.customer_key is not null)
    union all
    select
        group_cells.dataset,
        group_cells.analysis,
        customer_cells.customer_key,
        group_cells.unit_id
    from group_cells
    inner join customer_cells on group_cells.cell_id = customer_cells.cell_id
)

select * from final
