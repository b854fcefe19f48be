with

attribute_sales as (
    select * from {{ ref('int_products__attribute_sales') }}
),

product_sales as (
    select
        attribute_sales.*,
        products.product_name
    from attribute_sales
    inner join {{ ref('int_products__products') }} as products
        on attribute_sales.dataset = products.dataset and attribute_sales.attribute_value = products.product_id
    where attribute_sales.attribute = 'product'
),

totals as (
    select
        dataset,
        count(*) as products,
        nullif(cast(sum(sales_amount) as double), 0) as sales_amount,
        count(*) filter (where abc_class = 'A') as best_products,
        count(*) filter (where abc_class = 'C') as worst_products,
        cast(sum(sales_amount) filter (where abc_class = 'A') as double) as best_amount,
        cast(sum(sales_amount) filter (where abc_class = 'C') as double) as worst_amount
    from product_sales
    group by dataset
),

top_products as (
    select
        product_sales.dataset,
        'products' as topic,
        'The top ' || count(*) || ' of ' || {{ format_count('max(totals.products)') }} || ' products bring '
        || {{ format_share('cast(sum(product_sales.sales_amount) as double) / max(totals.sales_amount)') }}
        || ' of sales: '
        || {{ join_in_order('product_sales.product_name', 'product_sales.sales_rank', '; ') }} || '.' as insight,
        cast(sum(product_sales.sales_amount) as double) / max(totals.sales_amount) as metric_value,
        'sales_share of the top ' || count(*) as metric_name,
        cast(sum(product_sales.sales_amount) as double) / max(totals.sales_amount) as touched_share,
        'product_sales' as evidence_mart,
        'sales_rank <= 3' as evidence_key,
        'Never run out of them, and give them the best places on the shelf.' as recommended_action
    from product_sales
    inner join totals on product_sales.dataset = totals.dataset
    -- Three of three products are no selection.
    where product_sales.sales_rank <= 3 and totals.products > 3
    group by product_sales.dataset
),

long_tail as (
    select
        dataset,
        'products' as topic,
        {{ format_count('best_products') }} || ' of ' || {{ format_count('products') }}
        || ' products are class A and bring ' || {{ format_share('best_amount / sales_amount') }}
        || ' of sales; the ' || {{ format_count('worst_products') }} || ' of class C bring '
        || {{ format_share('worst_amount / sales_amount') }} || '.' as insight,
        best_amount / sales_amount as metric_value,
        'sales_share of class A' as metric_name,
        worst_amount / sales_amount as touched_share,
        'product_sales' as evidence_mart,
        'abc_class' as evidence_key,
        'Review the shelf space of class C products, lowest rank first.' as recommended_action
    from totals
    where worst_products > 0
),

leaders as (
    select
        first.dataset,
        replace(first.attribute, '_', ' ') as topic,
        first.attribute_value || ' is the ' || replace(first.attribute, '_', ' ') || ' with the highest sales: '
        || {{ format_share('first.sales_share') }} || ' of the total, '
        || {{ format_ratio('first.sales_amount / nullif(second.sales_amount, 0)') }} || ' times '
        || second.attribute_value || '.' as insight,
        first.sales_share as metric_value,
        'sales_share' as metric_name,
        first.sales_share as touched_share,
        'attribute_sales' as evidence_mart,
        'attribute = ' || first.attribute || ', attribute_value = ' || first.attribute_value as evidence_key,
        'Plan range and promotions around ' || first.attribute_value || ', and watch what the next ones gain.'
            as recommended_action
    from attribute_sales as first
    inner join attribute_sales as second
        on first.dataset = second.dataset and first.attribute = second.attribute and second.sales_rank = 2
    where
        first.attribute in ({{ sql_texts(var('leading_attributes')) }})
        and first.sales_rank = 1
        and second.is_stated
),

returned as (
    select
        dataset,
        sum(returned_units) as units,
        cast(sum(returned_amount) as double) as sales_amount,
        cast(sum(matched_amount) as double) as matched_amount
    from {{ ref('int_products__returns') }}
    group by dataset
),

returns as (
    select
        returned.dataset,
        'returns' as topic,
        'Customers gave back ' || {{ format_count('returned.units') }} || ' units, '
        || {{ format_share('returned.sales_amount / (totals.sales_amount + returned.sales_amount)') }}
        || ' of gross sales; ' || {{ format_share('returned.matched_amount / nullif(returned.sales_amount, 0)') }}
        || ' of this money goes back to a sale in the files.' as insight,
        returned.sales_amount / (totals.sales_amount + returned.sales_amount) as metric_value,
        'returned share of gross sales' as metric_name,
        returned.sales_amount / (totals.sales_amount + returned.sales_amount) as touched_share,
        'product_returns' as evidence_mart,
        'returned_amount' as evidence_key,
        'Look at the products that come back most, and ask why.' as recommended_action
    from returned
    inner join totals on returned.dataset = totals.dataset
),

final as (
    select * from top_products
    union all
    select * from long_tail
    union all
    select * from leaders
    union all
    select * from returns
)

select * from final
