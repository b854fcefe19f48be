-- Rows by store leave out sales without a store, and values of attributes are of all products.
with

totals as (
    select
        dataset,
        attribute,
        sum(sales_amount) as sales_amount,
        sum(margin_amount) as margin_amount,
        sum(discount_amount) as discount_amount
    from {{ ref('margins') }}
    where attribute in ('all', 'product')
    group by dataset, attribute
),

final as (
    select
        totals.dataset,
        totals.attribute,
        totals.sales_amount,
        whole.sales_amount as all_sales_amount
    from totals
    inner join totals as whole on totals.dataset = whole.dataset and whole.attribute = 'all'
    where
        totals.sales_amount <> whole.sales_amount
        or totals.margin_amount <> whole.margin_amount
        or totals.discount_amount <> whole.discount_amount
)

select * from final
