with

group_cells as (
    select * from {{ ref('int_segmentation__group_cells') }}
),

cells as (
    select * from {{ ref('int_loyalty__cells') }}
),

totals as (
    select
        group_cells.dataset,
        group_cells.analysis,
        group_cells.unit_id,
        group_cells.first_attribute,
        group_cells.second_attribute,
        group_cells.third_attribute,
        group_cells.first_value,
        group_cells.second_value,
        group_cells.third_value,
        cast(sum(cells.customers) as bigint) as customers,
        cast(sum(cells.sales_amount) as decimal(18, 2)) as sales_amount,
        sum(cells.units) as units,
        sum(cells.receipts) as receipts
    from group_cells
    inner join cells on group_cells.cell_id = cells.cell_id
    group by
        group_cells.dataset, group_cells.analysis, group_cells.unit_id, group_cells.first_attribute,
        group_cells.second_attribute, group_cells.third_attribute, group_cells.first_value, group_cells.second_value,
        group_cells.third_value
),

final as (
    select
        *,
        -- Customers of whom this is not known are no group to learn from.
        first_value <> 'Unknown'
        and coalesce(second_value, '') <> 'Unknown'
        and coalesce(third_value, '') <> 'Unknown' as is_known,
        cast(sales_amount as double) / customers as avg_sales_per_customer,
        cast(units as double) / customers as units_per_customer,
        cast(receipts as double) / customers as transactions_per_customer,
        cast(sales_amount as double) / nullif(units, 0) as avg_unit_price
    from totals
)

select * from final
