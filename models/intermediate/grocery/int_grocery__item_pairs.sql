with

tests as (
    select * from {{ ref('association_rules_grocery_tests') }}
),

product_itemsets as (
    select * from {{ ref('int_grocery__product_itemsets') }}
),

category_itemsets as (
    select * from {{ ref('int_grocery__category_itemsets') }}
),

products as (
    select
        product_id as item_id,
        product_name as item_name,
        category
    from {{ ref('int_grocery__products') }}
),

categories as (
    select distinct
        category_id as item_id,
        category as item_name,
        category
    from {{ ref('int_grocery__products') }}
),

final as (
    {{ item_pairs('product', 'product_itemsets', 'products', 'tests') }}
    union all
    {{ item_pairs('category', 'category_itemsets', 'categories', 'tests') }}
)

select * from final
