with

itemsets as (
    select * from {{ ref('int_baskets__itemsets') }}
),

sides as (
    select true as is_part
    union all
    select false as is_part
),

-- One part holds the last item of the set, the other is what is left, nothing at first.
divisions_1 as (
    select
        itemset_id,
        itemset_id as part_id,
        prefix_id as rest_id
    from itemsets
    where itemset_size = 1
),
{%- for size in range(2, 9) %}

-- The last item of a larger set joins either part of what stands before it.
parts_of_{{ size }} as (
    select
        itemsets.itemset_id,
        itemsets.item_id,
        case when sides.is_part then shorter.part_id else shorter.rest_id end as growing_id,
        case when sides.is_part then shorter.rest_id else shorter.part_id end as other_id
    from itemsets
    inner join divisions_{{ size - 1 }} as shorter on itemsets.prefix_id = shorter.itemset_id
    cross join sides
    where itemsets.itemset_size = {{ size }}
),

divisions_{{ size }} as (
    select
        parts.itemset_id,
        grown.itemset_id as part_id,
        parts.other_id as rest_id
    from parts_of_{{ size }} as parts
    inner join itemsets as grown
        on parts.growing_id = grown.prefix_id and parts.item_id = grown.item_id
),
{%- endfor %}

final as (
    {%- for size in range(2, 9) %}
    select * from divisions_{{ size }}
    where rest_id > 0
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

select * from final
