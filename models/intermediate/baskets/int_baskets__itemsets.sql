with

itemsets as (
    {%- for size in range(1, 9) %}
    select
        itemset_id,
        segment_id,
        {{ size }} as itemset_size,
        prefix_id,
        item_id,
        itemset_baskets,
        is_frequent
    from {{ ref('int_baskets__itemsets_' ~ size) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

final as (
    select * from itemsets
)

select * from final
