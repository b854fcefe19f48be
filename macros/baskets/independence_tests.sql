{#-
  A select of the different tests that mining an itemset table amounts to: are the two parts of an itemset bought
  together more often than by chance? Every division of every itemset that was counted is one, also of those that
  turned out rare, and of pairs of frequent items that were never bought together (one row of them all). Tests with
  equal counts are one row with their number. `is_segment` tells tests within segments from those of all baskets:
  with the size of the itemset they make the families that are corrected together.
-#}
{% macro independence_tests(itemsets, settings) -%}
    {%- set max_size = itemset_setting(settings, 'max_itemset_size') -%}
    {%- set places = range(1, max_size + 1) -%}
    with

    itemsets as (
        select * from {{ itemsets }}
    ),

    -- Both orders of a division are the same test: the first item stands on one side.
    divisions as (
        {%- for split in itemset_splits(max_size) if 1 in split['antecedent'] %}
        {{ 'union all' if not loop.first }}
        select
            itemsets.segment_name,
            itemsets.itemset_size,
            itemsets.baskets,
            first.itemset_baskets as first_baskets,
            second.itemset_baskets as second_baskets,
            itemsets.itemset_baskets as both_baskets
        from itemsets
        {%- for side, part in [('antecedent', 'first'), ('consequent', 'second')] %}
        inner join itemsets as {{ part }}
            on
                itemsets.segment_name = {{ part }}.segment_name
                {%- for place in places %}
                and {{ part }}.item_{{ place }}
                = {{ 'itemsets.item_' ~ split[side][loop.index0] if place <= split[side] | length else 0 }}
                {%- endfor %}
        {%- endfor %}
        where itemsets.itemset_size = {{ split['antecedent'] | length + split['consequent'] | length }}
        {%- else %}
        -- Sets of one item can't be divided.
        select
            segment_name,
            itemset_size,
            baskets,
            0 as first_baskets,
            0 as second_baskets,
            0 as both_baskets
        from itemsets
        where false
        {%- endfor %}
    ),

    examined_pairs as (
        select
            segment_name,
            2 as itemset_size,
            max(baskets) as baskets,
            count(*) filter (where itemset_size = 1 and is_frequent) as items,
            count(*) filter (where itemset_size = 2) as pairs
        from itemsets
        group by segment_name
    ),

    tests as (
        select
            segment_name,
            itemset_size,
            baskets,
            least(first_baskets, second_baskets) as first_baskets,
            greatest(first_baskets, second_baskets) as second_baskets,
            both_baskets,
            1 as tests
        from divisions
        union all
        -- The pairs of frequent items that never occurred.
        select
            segment_name,
            itemset_size,
            baskets,
            0 as first_baskets,
            0 as second_baskets,
            0 as both_baskets,
            items * (items - 1) / 2 - pairs as tests
        from examined_pairs
        where {{ max_size }} > 1
    )

    select
        segment_name <> 'All' as is_segment,
        itemset_size,
        baskets,
        first_baskets,
        second_baskets,
        both_baskets,
        cast(sum(tests) as bigint) as tests
    from tests
    group by segment_name <> 'All', itemset_size, baskets, first_baskets, second_baskets, both_baskets
    having sum(tests) > 0
{%- endmacro %}
