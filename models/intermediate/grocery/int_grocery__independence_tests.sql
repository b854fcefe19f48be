with

product_itemsets as (
    select * from {{ ref('int_grocery__product_itemsets') }}
),

category_itemsets as (
    select * from {{ ref('int_grocery__category_itemsets') }}
),

product_tests as (
    {{ independence_tests('product_itemsets', var('basket_rules')['grocery_products']) }}
),

category_tests as (
    {{ independence_tests('category_itemsets', var('basket_rules')['grocery_categories']) }}
),

final as (
    select
        'product' as item_level,
        *
    from product_tests
    union all
    select
        'category' as item_level,
        *
    from category_tests
)

select * from final
