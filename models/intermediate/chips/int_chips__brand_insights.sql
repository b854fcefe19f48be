with

pairs as (
    select
        *,
        is_frequent and is_significant and not is_small_count and lift >= {{ var('notable_index') }} as is_notable
    from {{ ref('product_pairs') }}
    where dataset = 'chips' and item_level = 'brand'
),

final as (
    {{ pair_insights('pairs', 'customers bought', 3) }}
)

select * from final
