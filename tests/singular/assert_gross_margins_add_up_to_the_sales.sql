-- The rows of all products, and the row of all, hold every cent of the core's counted lines. Rows by store leave out
-- sales without a store.
with

lines as (
    select sales_lines.*
    from {{ ref('sales_lines') }} as sales_lines
    inner join {{ ref('int_products__products') }} as products on sales_lines.product_key = products.product_key
    where products.is_counted and sales_lines.sales_amount is not null
),

expected as (
    select
        dataset,
        sum(sales_amount) as sales_amount,
        sum(sales_amount) filter (where cost_amount is not null) - sum(cost_amount) as margin_amount,
        sum(discount_amount) as discount_amount
    from lines
    group by dataset
    having count(cost_amount) + count(discount_amount) > 0
),

levels as (
    select 'all' as attribute
    union all
    select 'product' as attribute
),

totals as (
    select
        dataset,
        attribute,
        sum(sales_amount) as sales_amount,
        sum(margin_amount) as margin_amount,
        sum(discount_amount) as discount_amount
    from {{ ref('gross_margins') }}
    group by dataset, attribute
),

final as (
    select
        expected.dataset,
        levels.attribute,
        expected.sales_amount,
        totals.sales_amount as found_sales_amount,
        expected.margin_amount,
        totals.margin_amount as found_margin_amount,
        expected.discount_amount,
        totals.discount_amount as found_discount_amount
    from expected
    cross join levels
    left join totals on expected.dataset = totals.dataset and levels.attribute = totals.attribute
    where
        totals.sales_amount is distinct from expected.sales_amount
        or totals.margin_amount is distinct from expected.margin_amount
        or totals.discount_amount is distinct from expected.discount_amount
)

select * from final
