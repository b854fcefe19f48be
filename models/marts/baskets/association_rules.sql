with

rules as (
    {{ union_datasets({'grocery': 'int_grocery__product_rules', 'chips': 'int_chips__brand_rules'}) }}
),

final as (
    select
        *,
        q_value < {{ var('significance_level') }} as is_significant,
        rule_baskets < {{ var('small_count') }} as is_small_count
    from rules
)

select * from final
