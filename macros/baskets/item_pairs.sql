{#-
  A select of every pair of frequent items that was bought together at least once, from the result of
  frequent_itemsets. `items` holds item_id, item_name and category.
-#}
{% macro item_pairs(item_level, itemsets, items, tests) -%}
    select
        '{{ item_level }}' as item_level,
        pairs.segment_name,
        first_items.item_name as first_item,
        second_items.item_name as second_item,
        first_items.category as first_category,
        second_items.category as second_category,
        pairs.baskets,
        firsts.itemset_baskets as first_baskets,
        seconds.itemset_baskets as second_baskets,
        pairs.itemset_baskets as pair_baskets,
        cast(firsts.itemset_baskets as double) * seconds.itemset_baskets / pairs.baskets as expected_baskets,
        cast(pairs.itemset_baskets as double) / pairs.baskets as support,
        cast(pairs.itemset_baskets as double) / firsts.itemset_baskets as second_share_with_first,
        cast(pairs.itemset_baskets as double) / seconds.itemset_baskets as first_share_with_second,
        cast(pairs.itemset_baskets as double) * pairs.baskets
        / (cast(firsts.itemset_baskets as double) * seconds.itemset_baskets) as lift,
        tests.p_value,
        tests.q_value,
        pairs.is_frequent
    from {{ itemsets }} as pairs
    inner join {{ itemsets }} as firsts
        on pairs.segment_name = firsts.segment_name and pairs.item_1 = firsts.item_1 and firsts.itemset_size = 1
    inner join {{ itemsets }} as seconds
        on pairs.segment_name = seconds.segment_name and pairs.item_2 = seconds.item_1 and seconds.itemset_size = 1
    inner join {{ items }} as first_items on pairs.item_1 = first_items.item_id
    inner join {{ items }} as second_items on pairs.item_2 = second_items.item_id
    inner join {{ tests }} as tests
        on
            tests.item_level = '{{ item_level }}'
            and tests.itemset_size = 2
            and (pairs.segment_name <> 'All') = tests.is_segment
            and pairs.baskets = tests.baskets
            and least(firsts.itemset_baskets, seconds.itemset_baskets) = tests.first_baskets
            and greatest(firsts.itemset_baskets, seconds.itemset_baskets) = tests.second_baskets
            and pairs.itemset_baskets = tests.both_baskets
    where pairs.itemset_size = 2
{%- endmacro %}
