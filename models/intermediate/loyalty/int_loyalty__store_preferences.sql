-- Customers are added up to cells before anything else, so what follows grows with stores and products, not with lines.
with

compared_datasets as (
    select * from {{ ref('int_loyalty__compared_datasets') }}
),

customer_cells as (
    select * from {{ ref('int_loyalty__customer_cells') }}
),

lines as (
    select * from {{ ref('int_products__sales_lines') }}
    where dataset in (select compared_datasets.dataset from compared_datasets)
),

product_attributes as (
    select * from {{ ref('int_products__product_attributes') }}
    where attribute <> 'product'
),

dated_lines as (
    select
        customer_cells.cell_id,
        coalesce(lines.store_key, compared_datasets.no_store_key) as store_key,
        case
            when compared_datasets.is_range_changing
                then cast(12 * year(lines.receipt_date) + month(lines.receipt_date) as integer)
            else 0
        end as period,
        lines.product_key,
        lines.units
    from lines
    inner join customer_cells on lines.customer_key = customer_cells.customer_key
    inner join compared_datasets on lines.dataset = compared_datasets.dataset
),

cell_products as (
    select
        cell_id,
        store_key,
        period,
        product_key,
        sum(units) as units
    from dated_lines
    group by cell_id, store_key, period, product_key
),

final as (
    select
        cell_products.cell_id,
        cell_products.store_key,
        cell_products.period,
        product_attributes.attribute,
        product_attributes.attribute_value,
        cast(sum(cell_products.units) as decimal(18, 3)) as units
    from cell_products
    inner join product_attributes on cell_products.product_key = product_attributes.product_key
    group by
        cell_products.cell_id, cell_products.store_key, cell_products.period, product_attributes.attribute,
        product_attributes.attribute_value
)

select * from final
