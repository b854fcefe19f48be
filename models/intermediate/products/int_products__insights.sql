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

-- As many as are proven to sell more than those behind them; what is first by chance today is not tomorrow.
best_ranks as (
    select
        dataset,
        max(sales_rank) as best_ranks
    from {{ ref('int_products__leads') }}
    where attribute = 'product' and sales_rank <= 3 and is_proven
    group by dataset
),

top_products as (
    select
        product_sales.dataset,
        count(*) as products,
        max(totals.products) as all_products,
        cast(sum(product_sales.sales_amount) as double) / max(totals.sales_amount) as sales_share,
        {{ join_in_order('product_sales.product_name', 'product_sales.sales_rank', '; ') }} as product_names
    from product_sales
    inner join totals on product_sales.dataset = totals.dataset
    inner join best_ranks on product_sales.dataset = best_ranks.dataset
    -- Three of three products are no selection.
    where product_sales.sales_rank <= best_ranks.best_ranks and totals.products > 3
    group by product_sales.dataset
),

best_sellers as (
    select
        dataset,
        'products' as topic,
        case
            when products = 1
                then
                    product_names || ' sells best of ' || {{ format_count('all_products') }}
                    || ' products and brings ' || {{ format_share('sales_share') }} || ' of sales.'
            else
                'The top ' || products || ' of ' || {{ format_count('all_products') }} || ' products bring '
                || {{ format_share('sales_share') }} || ' of sales: ' || product_names || '.'
        end as insight,
        sales_share as metric_value,
        'sales_share of the top ' || products as metric_name,
        sales_share as touched_share,
        -- Beyond what as many products would bring if all sold alike.
        round(1 - cast(products as double) / all_products / sales_share, 9) as cautious_effect,
        'product_sales' as evidence_mart,
        'sales_rank <= ' || products as evidence_key,
        case
            when products = 1 then 'Never run out of it, and give it the best place on the shelf.'
            else 'Never run out of them, and give them the best places on the shelf.'
        end as recommended_action
    from top_products
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
        round(greatest(0, 1 - worst_amount / sales_amount * products / worst_products), 9) as cautious_effect,
        'product_sales' as evidence_mart,
        'abc_class' as evidence_key,
        'Review the shelf space of class C products, lowest rank first.' as recommended_action
    from totals
    where worst_products > 0
),

-- One sentence for all attributes, not a sentence for each.
leaders as (
    select
        leads.dataset,
        'what sells most' as topic,
        'What sells most: ' || {{ join_in_order(
            "replace(leads.attribute, '_', ' ') || ' ' || leads.attribute_value || ' with '"
            ~ " || " ~ format_share('leads.sales_amount / totals.sales_amount') ~ " || ' of sales, '"
            ~ " || " ~ format_ratio('leads.sales_amount / leads.next_sales_amount') ~ " || ' times '"
            ~ " || leads.next_value",
            '-leads.lead_amount_low', '; '
        ) }} || '.' as insight,
        max(leads.sales_amount) / max(totals.sales_amount) as metric_value,
        'sales_share' as metric_name,
        max(leads.sales_amount) / max(totals.sales_amount) as touched_share,
        round(max(leads.lead_amount_low) / max(leads.sales_amount), 9) as cautious_effect,
        'attribute_sales' as evidence_mart,
        'sales_rank = 1' as evidence_key,
        'Plan range and promotions around these, and watch what the next ones gain.' as recommended_action
    from {{ ref('int_products__leads') }} as leads
    inner join totals on leads.dataset = totals.dataset
    where leads.attribute <> 'product' and leads.sales_rank = 1 and leads.is_proven
    group by leads.dataset
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
        1 as cautious_effect,
        'product_returns' as evidence_mart,
        'returned_amount' as evidence_key,
        'Look at the products that come back most, and ask why.' as recommended_action
    from returned
    inner join totals on returned.dataset = totals.dataset
),

final as (
    select * from best_sellers
    union all
    select * from long_tail
    union all
    select * from leaders
    union all
    select * from returns
)

select * from final
