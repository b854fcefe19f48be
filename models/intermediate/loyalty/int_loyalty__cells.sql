with

customer_cells as (
    select * from {{ ref('int_loyalty__customer_cells') }}
),

purchases as (
    select * from {{ ref('int_loyalty__customer_purchases') }}
),

rfm as (
    select * from {{ ref('int_loyalty__customer_rfm') }}
),

cell_totals as (
    select
        customer_cells.cell_id,
        count(*) as customers,
        sum(purchases.receipts) as receipts,
        sum(purchases.units) as units,
        sum(purchases.sales_amount) as sales_amount
    from customer_cells
    inner join purchases on customer_cells.customer_key = purchases.customer_key
    group by customer_cells.cell_id
),

final as (
    select
        cell_totals.cell_id,
        rfm.dataset,
        rfm.is_loyal,
        cell_totals.customers,
        cast(cell_totals.receipts as bigint) as receipts,
        cast(cell_totals.units as decimal(18, 3)) as units,
        cast(cell_totals.sales_amount as decimal(18, 2)) as sales_amount
    from cell_totals
    inner join rfm on cell_totals.cell_id = rfm.customer_key
)

select * from final
