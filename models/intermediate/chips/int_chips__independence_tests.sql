with

itemsets as (
    select * from {{ ref('int_chips__brand_itemsets') }}
),

tests as (
    {{ independence_tests('itemsets', var('basket_rules')['chips_brands']) }}
),

final as (
    select
        'brand' as item_level,
        *
    from tests
)

select * from final
