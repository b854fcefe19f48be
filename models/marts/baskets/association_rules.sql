with

rules as (
    select * from {{ ref('int_baskets__rules') }}
),

final as (
    select
        *,
        q_value < {{ var('significance_level') }} as is_significant,
        rule_baskets < {{ var('small_count') }} as is_small_count,
        adjusted_q_value < {{ var('significance_level') }} as is_adjusted_significant
    from rules
    qualify row_number() over (
        partition by dataset, item_level, segment_name
        order by
            rule_baskets desc nulls last, lift desc nulls last, antecedent nulls last, consequent nulls last
    ) <= {{ var('max_rules') }}
)

select * from final
