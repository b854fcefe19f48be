with

pairs as (
    {{ union_datasets({'grocery': 'int_grocery__item_pairs', 'chips': 'int_chips__item_pairs'}) }}
),

final as (
    select
        *,
        q_value < {{ var('significance_level') }} as is_significant,
        pair_baskets < {{ var('small_count') }} as is_small_count
    from pairs
)

select * from final
