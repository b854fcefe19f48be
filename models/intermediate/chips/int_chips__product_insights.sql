with

product_sales as (
    select * from {{ ref('product_sales') }}
),

{%- set leaders = {
    'brand': ('brand_sales', 'brand'),
    'flavour family': ('flavour_sales', 'flavour_family'),
    'pack size': ('pack_size_sales', 'pack_size'),
} %}

price_promotions as (
    select * from {{ ref('price_promotions') }}
),

totals as (
    select
        count(*) as products,
        nullif(cast(sum(sales_amount) as double), 0) as sales_amount
    from product_sales
),

top_products as (
    select
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
    cross join totals
    where product_sales.sales_rank <= 3
),

class_totals as (
    select
        totals.products,
        count(*) filter (where product_sales.abc_class = 'A') as best_products,
        count(*) filter (where product_sales.abc_class = 'C') as worst_products,
        cast(sum(product_sales.sales_amount) filter (where product_sales.abc_class = 'A') as double)
        / totals.sales_amount as best_share,
        cast(sum(product_sales.sales_amount) filter (where product_sales.abc_class = 'C') as double)
        / totals.sales_amount as worst_share
    from product_sales
    cross join totals
    group by totals.products, totals.sales_amount
),

long_tail as (
    select
        'products' as topic,
        {{ format_count('best_products') }} || ' of ' || {{ format_count('products') }}
        || ' products are class A and bring ' || {{ format_share('best_share') }} || ' of sales; the '
        || {{ format_count('worst_products') }} || ' of class C bring ' || {{ format_share('worst_share') }} || '.'
            as insight,
        best_share as metric_value,
        'sales_share of class A' as metric_name,
        worst_share as touched_share,
        'product_sales' as evidence_mart,
        'abc_class' as evidence_key,
        'Review the shelf space of class C products, lowest rank first.' as recommended_action
    from class_totals
    where worst_products > 0
),

{%- for attribute, (mart, key) in leaders.items() %}

{{ key }}_places as (
    select
        *,
        row_number() over (order by sales_rank nulls last) as place
    from {{ ref(mart) }}
    where {{ key }} <> 'Not stated'
),

leading_{{ key }} as (
    select
        '{{ attribute }}' as topic,
        first.{{ key }} || ' is the {{ attribute }} with the highest sales: ' || {{ format_share('first.sales_share') }}
        || ' of the total, ' || {{ format_ratio('first.sales_amount / nullif(second.sales_amount, 0)') }} || ' times '
        || second.{{ key }} || '.' as insight,
        first.sales_share as metric_value,
        'sales_share' as metric_name,
        first.sales_share as touched_share,
        '{{ mart }}' as evidence_mart,
        '{{ key }} = ' || first.{{ key }} as evidence_key,
        'Plan range and promotions around ' || first.{{ key }} || ', and watch what the next ones gain.'
            as recommended_action
    from {{ key }}_places as first
    inner join {{ key }}_places as second on first.place = 1 and second.place = 2
),
{%- endfor %}

promotion_effects as (
    select
        'promotions' as topic,
        promotions.product_name || ' cost ' || {{ format_share('promotions.discount_share') }} || ' less from '
        || promotions.first_date || ' to ' || promotions.last_date || ' and sold '
        || {{ format_count('promotions.units') }} || ' units where ' || {{ format_count('promotions.expected_units') }}
        || ' were expected (uplift ' || {{ format_share('promotions.uplift_share') }} || ', 95 % interval '
        || {{ format_share('promotions.uplift_share_low') }} || ' to '
        || {{ format_share('promotions.uplift_share_high') }} || ').' as insight,
        promotions.uplift_share as metric_value,
        'uplift_share' as metric_name,
        promotions.sales_amount / totals.sales_amount as touched_share,
        'price_promotions' as evidence_mart,
        'promotion_id = ' || promotions.promotion_id as evidence_key,
        case
            when promotions.uplift_share_high < 0
                then 'Find out why: units fell below what was to be expected without the promotion.'
            when not promotions.is_uplift_significant
                then 'Test it again in more stores before repeating it: no effect on units can be seen.'
            when promotions.incremental_sales_amount > 0
                then 'Repeat it: sales rose in spite of the lower price.'
            else 'Try a smaller discount: units rose, but sales stayed below those at the list price.'
        end as recommended_action
    from price_promotions as promotions
    cross join totals
    where promotions.expected_units is not null
),

final as (
    select * from top_products
    union all
    select * from long_tail
    {%- for attribute, (mart, key) in leaders.items() %}
    union all
    select * from leading_{{ key }}
    {%- endfor %}
    union all
    select * from promotion_effects
)

select * from final
