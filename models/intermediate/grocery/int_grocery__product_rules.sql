with

itemsets as (
    select * from {{ ref('int_grocery__product_itemsets') }}
),

items as (
    select
        product_id as item_id,
        product_name as item_name
    from {{ ref('int_grocery__products') }}
),

tests as (
    select * from {{ ref('association_rules_grocery_tests') }}
    where item_level = 'product'
),

rules as (
    {{ association_rules('itemsets', var('basket_rules')['grocery_products']) }}
),

final as (
    {{ named_rules('rules', 'items', 'tests', var('basket_rules')['grocery_products']) }}
)

select * from final
