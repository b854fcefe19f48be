with

cells as (
    select * from {{ ref('int_loyalty__cells') }}
),

cell_attributes as (
    select * from {{ ref('int_loyalty__cell_attributes') }}
),

cell_segments as (
    select
        cell_id,
        dataset,
        max(attribute_value) filter (where attribute = 'lifestage') as lifestage,
        max(attribute_value) filter (where attribute = 'premium_tier') as premium_tier
    from cell_attributes
    group by cell_id, dataset
),

totals as (
    select
        cell_segments.dataset,
        cell_segments.lifestage,
        cell_segments.premium_tier,
        cast(sum(cells.sales_amount) as decimal(18, 2)) as total_sales,
        cast(sum(cells.customers) as bigint) as customer_count,
        sum(cells.units) as units,
        sum(cells.receipts) as receipts
    from cell_segments
    inner join cells on cell_segments.cell_id = cells.cell_id
    where cell_segments.lifestage is not null and cell_segments.premium_tier is not null
    group by cell_segments.dataset, cell_segments.lifestage, cell_segments.premium_tier
),

final as (
    select
        dataset,
        lifestage,
        premium_tier,
        total_sales,
        customer_count,
        cast(total_sales as double) / customer_count as avg_sales_per_customer,
        cast(units as double) / customer_count as units_per_customer,
        cast(receipts as double) / customer_count as receipts_per_customer,
        cast(total_sales as double) / nullif(units, 0) as avg_unit_price
    from totals
)

select * from final
