with

tests as (
    select * from {{ ref('association_rules_chips_tests') }}
),

itemsets as (
    select * from {{ ref('int_chips__brand_itemsets') }}
),

brands as (
    select distinct
        value_id as item_id,
        attribute_value as item_name,
        cast(null as {{ dbt.type_string() }}) as category
    from {{ ref('int_products__product_attributes') }}
    where dataset = 'chips' and attribute = 'brand'
),

final as (
    {{ item_pairs('brand', 'itemsets', 'brands', 'tests') }}
)

select * from final
