-- The rows of an attribute add up to the change of all counted sales of products that have the attribute, to the cent;
-- money that moves between values leaves the sum as it is.
with

sales as (
    select
        lines.dataset,
        product_attributes.attribute,
        make_date(year(lines.receipt_date), case when month(lines.receipt_date) < 7 then 1 else 7 end, 1) as start_date,
        sum(lines.sales_amount) as sales_amount
    from {{ ref('int_products__sales_lines') }} as lines
    inner join {{ ref('int_products__product_attributes') }} as product_attributes
        on lines.product_key = product_attributes.product_key
    group by
        lines.dataset, product_attributes.attribute,
        make_date(year(lines.receipt_date), case when month(lines.receipt_date) < 7 then 1 else 7 end, 1)
),

changes as (
    select
        dataset,
        attribute,
        period_start_date,
        previous_start_date,
        sum(net_amount) as net_amount,
        sum(net_amount) filter (where source = 'switching') as switched_amount
    from {{ ref('switching') }}
    group by dataset, attribute, period_start_date, previous_start_date
)

select
    changes.*,
    sales.sales_amount,
    previous_sales.sales_amount as previous_sales_amount
from changes
left join sales
    on
        changes.dataset = sales.dataset
        and changes.attribute = sales.attribute
        and changes.period_start_date = sales.start_date
left join sales as previous_sales
    on
        changes.dataset = previous_sales.dataset
        and changes.attribute = previous_sales.attribute
        and changes.previous_start_date = previous_sales.start_date
where
    changes.net_amount <> coalesce(sales.sales_amount, 0) - coalesce(previous_sales.sales_amount, 0)
    or changes.switched_amount <> 0
