-- Months and ranking of the stores hold every cent and unit of the lines that have a store.
with

expected as (
    select
        dataset,
        sum(sales_amount) as sales_amount,
        sum(units) as units
    from {{ ref('int_products__sales_lines') }}
    where store_key is not null
    group by dataset
),

totals as (
    select
        'store_sales' as mart,
        dataset,
        sum(sales_amount) as sales_amount,
        sum(units) as units
    from {{ ref('store_sales') }}
    group by dataset
    union all
    select
        'store_ranking' as mart,
        dataset,
        sum(sales_amount) as sales_amount,
        sum(units) as units
    from {{ ref('store_ranking') }}
    group by dataset
),

marts as (
    select 'store_sales' as mart
    union all
    select 'store_ranking' as mart
),

final as (
    select
        marts.mart,
        expected.dataset,
        expected.sales_amount,
        totals.sales_amount as mart_sales_amount
    from expected
    cross join marts
    left join totals on expected.dataset = totals.dataset and marts.mart = totals.mart
    where
        coalesce(totals.sales_amount, 0) <> expected.sales_amount
        or coalesce(totals.units, 0) <> expected.units
)

select * from final
