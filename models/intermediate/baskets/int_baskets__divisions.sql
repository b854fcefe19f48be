with

itemsets as (
    select * from {{ ref('int_baskets__itemsets') }}
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
        shorter.part_id,
        shorter.rest_id
    from itemsets
    inner join divisions_{{ size - 1 }} as shorter on itemsets.prefix_id = shorter.itemset_id
    where itemsets.itemset_size = {{ size }}
),

divisions_{{ size }} as (
    select
        parts.itemset_id,
        parts_with_item.itemset_id as part_id,
        parts.rest_id
    from parts_of_{{ size }} as parts
    inner join itemsets as parts_with_item
        on parts.part_id = parts_with_item.prefix_id and parts.item_id = parts_with_item.item_id
    union all
    select
        parts.itemset_id,
        rests_with_item.itemset_id as part_id,
        parts.part_id as rest_id
    from parts_of_{{ size }} as parts
    inner join itemsets as rests_with_item
        on parts.rest_id = rests_with_item.prefix_id and parts.item_id = rests_with_item.item_id
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
