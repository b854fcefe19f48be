-- Each customer with a purchase has exactly one value of each attribute that makes segments, and one cell.
select
    customer_cells.customer_key,
    cell_attributes.attribute,
    count(*) as value_count
from {{ ref('int_loyalty__customer_cells') }} as customer_cells
inner join {{ ref('int_loyalty__cell_attributes') }} as cell_attributes
    on customer_cells.cell_id = cell_attributes.cell_id
group by customer_cells.customer_key, cell_attributes.attribute
having count(*) <> 1
