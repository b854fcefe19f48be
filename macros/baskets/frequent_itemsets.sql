{#-
  A select of the itemsets that mining had to count, level by level (Apriori: Agrawal & Srikant, VLDB 1994): all
  single items, all pairs of frequent items that occur, and from then on all sets of which every subset is frequent.
  One row per segment and itemset with its number of baskets and whether that is enough; `item_1` < `item_2` < ...,
  0 where a smaller set has no item.

      items            basket_id, item_id (integers from 1); an item at most once per basket
      basket_segments  basket_id, segment_name; a basket may be in several segments, one of which usually is All

  An itemset of one item more is two that differ in their last item and lie in one basket: baskets are joined with
  themselves for pairs, the occurrences of frequent pairs for triples, and so on. The steps are kept apart, since
  the optimizer can't know how few itemsets are frequent and otherwise finds orders of joins that take many times
  as long.
-#}
{% macro frequent_itemsets(items, basket_segments, settings) -%}
    {%- set sizes = range(1, itemset_setting(settings, 'max_itemset_size') + 1) -%}
    with

    segments as (
        select
            segment_name,
            baskets,
            greatest(
                cast(ceil({{ decimal_literal(itemset_setting(settings, 'min_support')) }} * baskets) as bigint),
                {{ itemset_setting(settings, 'min_baskets') }}
            ) as required_baskets,
            -- Integers are compared and grouped faster than names.
            cast(row_number() over (order by segment_name nulls last) as integer) as segment_id
        from (
            select
                segment_name,
                count(*) as baskets
            from {{ basket_segments }}
            group by segment_name
        ) as counted
    ),

    segment_items as (
        select
            segments.segment_id,
            items.basket_id,
            items.item_id
        from {{ items }} as items
        inner join {{ basket_segments }} as basket_segments on items.basket_id = basket_segments.basket_id
        inner join segments on basket_segments.segment_name = segments.segment_name
    ),

    counted_1 as (
        select
            segment_id,
            item_id as item_1,
            count(*) as itemset_baskets
        from segment_items
        group by segment_id, item_id
    ),

    {{ keep_frequent(1) }}
    {%- for size in sizes if size > 1 %}

    {{ count_itemsets(size) }}

    {{ keep_frequent(size) }}
    {%- endfor %}

    itemsets as (
        {%- for size in sizes %}
        select
            segment_id,
            {{ size }} as itemset_size,
            {%- for place in sizes %}
            {{ 'item_' ~ place if place <= size else 0 }} as item_{{ place }},
            {%- endfor %}
            itemset_baskets
        from counted_{{ size }}
        {{ 'union all' if not loop.last }}
        {%- endfor %}
    )

    select
        segments.segment_name,
        segments.baskets,
        itemsets.itemset_size,
        {%- for place in sizes %}
        itemsets.item_{{ place }},
        {%- endfor %}
        itemsets.itemset_baskets,
        itemsets.itemset_baskets >= segments.required_baskets as is_frequent
    from itemsets
    inner join segments on itemsets.segment_id = segments.segment_id
{%- endmacro %}


{#-
  The CTEs from the frequent itemsets of one size to counted_<the next size>: what lies in a basket together is
  counted, and kept if all its subsets are frequent. Of pairs, only those that occur.
-#}
{% macro count_itemsets(size) -%}
    {%- set shorter = size - 1 -%}
    occurrences_{{ shorter }} as {{ materialized_cte() }} (
        {%- if size == 2 %}
        select
            segment_items.segment_id,
            segment_items.basket_id,
            segment_items.item_id as item_1
        from segment_items
        inner join frequent_1
            on segment_items.segment_id = frequent_1.segment_id and segment_items.item_id = frequent_1.item_1
        {%- else %}
        select
            first.segment_id,
            first.basket_id
            {%- for place in range(1, size) %},
            frequent.item_{{ place }}
            {%- endfor %}
        from {{ in_one_basket(shorter) }}
        inner join frequent_{{ shorter }} as frequent
            on
                first.segment_id = frequent.segment_id
                {%- for place in range(1, shorter) %}
                and first.item_{{ place }} = frequent.item_{{ place }}
                {%- endfor %}
                and second.item_{{ shorter - 1 }} = frequent.item_{{ shorter }}
        {%- endif %}
    ),

    together_{{ size }} as {{ materialized_cte() }} (
        select
            first.segment_id,
            {%- for place in range(1, size) %}
            first.item_{{ place }},
            {%- endfor %}
            second.item_{{ shorter }} as item_{{ size }},
            count(*) as itemset_baskets
        from {{ in_one_basket(size) }}
        group by
            first.segment_id,
            {%- for place in range(1, size) %} first.item_{{ place }}, {%- endfor %} second.item_{{ shorter }}
    ),

    {%- if size == 2 %}
    counted_2 as (
        select * from together_2
    ),
    {%- else %}
    counted_{{ size }} as (
        select
            first.segment_id,
            {%- for place in range(1, size) %}
            first.item_{{ place }},
            {%- endfor %}
            second.item_{{ shorter }} as item_{{ size }},
            coalesce(together.itemset_baskets, 0) as itemset_baskets
        from frequent_{{ shorter }} as first
        inner join frequent_{{ shorter }} as second
            on
                first.segment_id = second.segment_id
                {%- for place in range(1, shorter) %}
                and first.item_{{ place }} = second.item_{{ place }}
                {%- endfor %}
                and first.item_{{ shorter }} < second.item_{{ shorter }}
        {%- for left_out in range(1, shorter) %}
        {%- set subset = 'without_' ~ left_out %}
        inner join frequent_{{ shorter }} as {{ subset }}
            on
                first.segment_id = {{ subset }}.segment_id
                {%- for place in range(1, size) if place != left_out %}
                and first.item_{{ place }} = {{ subset }}.item_{{ loop.index }}
                {%- endfor %}
                and second.item_{{ shorter }} = {{ subset }}.item_{{ shorter }}
        {%- endfor %}
        left join together_{{ size }} as together
            on
                first.segment_id = together.segment_id
                {%- for place in range(1, size) %}
                and first.item_{{ place }} = together.item_{{ place }}
                {%- endfor %}
                and second.item_{{ shorter }} = together.item_{{ size }}
    ),
    {%- endif %}
{%- endmacro %}


{#- Two itemsets of a basket that differ in their last item, as joined tables `first` and `second`; together they
    have `size` items. -#}
{% macro in_one_basket(size) -%}
    occurrences_{{ size - 1 }} as first
        inner join occurrences_{{ size - 1 }} as second
            on
                first.basket_id = second.basket_id
                and first.segment_id = second.segment_id
                {%- for place in range(1, size - 1) %}
                and first.item_{{ place }} = second.item_{{ place }}
                {%- endfor %}
                and first.item_{{ size - 1 }} < second.item_{{ size - 1 }}
{%- endmacro %}


{#- The CTE frequent_<size>: the itemsets that are in enough baskets. -#}
{% macro keep_frequent(size) -%}
    frequent_{{ size }} as (
        select counted_{{ size }}.*
        from counted_{{ size }}
        inner join segments on counted_{{ size }}.segment_id = segments.segment_id
        where counted_{{ size }}.itemset_baskets >= segments.required_baskets
    ),
{%- endmacro %}
