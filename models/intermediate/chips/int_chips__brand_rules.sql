with

itemsets as (
    select * from {{ ref('int_chips__brand_itemsets') }}
),

items as (
    select distinct
        value_id as item_id,
        attribute_value as item_name
    from {{ ref('int_products__product_attributes') }}
    where dataset = 'chips' and attribute = 'brand'
),

tests as (
    select * from {{ ref('association_rules_chips_tests') }}
),

rules as (
    {{ association_rules('itemsets', var('basket_rules')['chips_brands']) }}
),

final as (
    {{ named_rules('rules', 'items', 'tests', var('basket_rules')['chips_brands']) }}
)

select * from final
