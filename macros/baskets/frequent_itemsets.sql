{#-
  A select of the itemsets that mining had to count, level by level (Apriori: Agrawal & Srikant, VLDB 1994): all
  single items, all pairs of frequent items that occur, and from then on all sets of which every subset is frequent.
  One row per segment and itemset with its number of baskets and whether that is enough; `item_1` < `item_2` < ...,
  0 where a smaller set has no item.

      items            basket_id, item_id (integers from 1); an item at most once per basket
      basket_segments  basket_id, segment_name; a basket may be in several segments, one of which usually is All

  Pairs are counted where they occur, by joining baskets with themselves. Larger sets are counted in one of two ways,
  whichever has less to do in a segment: where they occur, too, by joining the occurrences of frequent sets that differ
  in their last item; or by bits (Zaki, IEEE TKDE 12, 2000), one for each basket that an item is in, of which those of
  a set's items are combined. What occurs grows with the baskets' sizes, bits with the number of sets.

  The steps are kept apart, since the optimizer can't know how few itemsets are frequent and otherwise finds orders of
  joins that take many times as long.
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

    -- A basket has a place in each of its segments; a segment's places stand together.
    places as {{ materialized_cte() }} (
        select
            basket_segments.basket_id,
            segments.segment_id,
            cast(row_number() over (order by segments.segment_id nulls last) as integer) as place
        from {{ basket_segments }} as basket_segments
        inner join segments on basket_segments.segment_name = segments.segment_name
    ),

    placed_items as (
        select
            places.segment_id,
            places.place,
            items.item_id
        from {{ items }} as items
        inner join places on items.basket_id = places.basket_id
    ),

    counted_1 as (
        select
            segment_id,
            item_id as item_1,
            count(*) as itemset_baskets
        from placed_items
        group by segment_id, item_id
    ),

    {{ keep_frequent(1) }}

    placed_frequent_items as {{ materialized_cte() }} (
        select
            placed_items.segment_id,
            placed_items.place,
            placed_items.item_id as item_1
        from placed_items
        inner join frequent_1
            on placed_items.segment_id = frequent_1.segment_id and placed_items.item_id = frequent_1.item_1
    ),
    {%- for size in sizes if size > 1 %}
    {%- if size == 2 %}

    counted_2 as (
        {{ count_occurrences(2, 'placed_frequent_items') }}
    ),
    {%- else %}

    {{ count_candidates(size) }}
    {%- endif %}

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


{#- The CTEs from the frequent itemsets of one size to counted_<the next size>, three items or more. -#}
{% macro count_candidates(size) -%}
    {%- set shorter = size - 1 -%}
    candidates_{{ size }} as {{ materialized_cte() }} (
        select
            first.segment_id,
            {%- for place in range(1, size) %}
            first.item_{{ place }},
            {%- endfor %}
            second.item_{{ shorter }} as item_{{ size }}
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
    ),

    {%- if size == 3 %}

    -- In the time that one occurrence takes, the bits of a candidate are combined for 400 baskets; the 1 is what the
    -- last block takes where it is nearly empty.
    ways_to_count as {{ materialized_cte() }} (
        select
            segments.segment_id,
            candidates.candidates * (segments.baskets / 400 + 1) < pairs.occurrences as is_by_bits
        from segments
        inner join (
            select
                segment_id,
                count(*) as candidates
            from candidates_3
            group by segment_id
        ) as candidates on segments.segment_id = candidates.segment_id
        inner join (
            select
                segment_id,
                sum(itemset_baskets) as occurrences
            from frequent_2
            group by segment_id
        ) as pairs on segments.segment_id = pairs.segment_id
    ),

    -- A block may hold the last places of one segment and the first of the next: they have no bit in common.
    item_bits as {{ materialized_cte() }} (
        select
            segment_id,
            item_1,
            {{ block_number() }} as block,
            {{ block_key(block_number(), 'item_1') }} as block_key,
            {{ bits_of_block('place') }} as bits
        from placed_frequent_items
        where segment_id in (select ways.segment_id from ways_to_count as ways where ways.is_by_bits)
        group by segment_id, item_1, {{ block_number() }}
    ),

    occurrences_1 as (
        select * from placed_frequent_items
        where segment_id in (select ways.segment_id from ways_to_count as ways where not ways.is_by_bits)
    ),
    {%- endif %}

    occurrences_{{ shorter }} as {{ materialized_cte() }} (
        select
            first.segment_id,
            first.place
            {%- for place in range(1, size) %},
            frequent.item_{{ place }}
            {%- endfor %}
        from {{ in_one_basket(shorter, 'occurrences_' ~ (shorter - 1)) }}
        inner join frequent_{{ shorter }} as frequent
            on
                first.segment_id = frequent.segment_id
                {%- for place in range(1, shorter) %}
                and first.item_{{ place }} = frequent.item_{{ place }}
                {%- endfor %}
                and second.item_{{ shorter - 1 }} = frequent.item_{{ shorter }}
    ),

    together_{{ size }} as {{ materialized_cte() }} (
        {{ count_occurrences(size, 'occurrences_' ~ shorter) }}
        union all
        {{ count_bits(size) }}
    ),

    counted_{{ size }} as (
        select
            candidates.*,
            coalesce(together.itemset_baskets, 0) as itemset_baskets
        from candidates_{{ size }} as candidates
        left join together_{{ size }} as together
            on
                candidates.segment_id = together.segment_id
                {%- for place in range(1, size + 1) %}
                and candidates.item_{{ place }} = together.item_{{ place }}
                {%- endfor %}
    ),
{%- endmacro %}


{#- A select of the sets of a size that lie in a basket together, with their number of baskets. -#}
{% macro count_occurrences(size, occurrences) -%}
        select
            first.segment_id,
            {%- for place in range(1, size) %}
            first.item_{{ place }},
            {%- endfor %}
            second.item_{{ size - 1 }} as item_{{ size }},
            count(*) as itemset_baskets
        from {{ in_one_basket(size, occurrences) }}
        group by
            first.segment_id,
            {%- for place in range(1, size) %} first.item_{{ place }}, {%- endfor %} second.item_{{ size - 1 }}
{%- endmacro %}


{#-
  A select of the candidates of a size in segments that are counted by bits, with their number of baskets. A block's
  key is computed from the first item's block and the candidate, so that the blocks of two items can't be joined
  before there is a candidate.
-#}
{% macro count_bits(size) -%}
    {%- set items = range(1, size + 1) -%}
        select
            candidates.segment_id,
            {%- for item in items %}
            candidates.item_{{ item }},
            {%- endfor %}
            cast(sum(bit_count(
                {%- for item in items %}{{ ' & ' if not loop.first }}bits_{{ item }}.bits{% endfor -%}
            )) as bigint) as itemset_baskets
        from candidates_{{ size }} as candidates
        inner join item_bits as bits_1
            on candidates.segment_id = bits_1.segment_id and candidates.item_1 = bits_1.item_1
        {%- for item in items if item > 1 %}
        inner join item_bits as bits_{{ item }}
            on {{ block_key('bits_1.block', 'candidates.item_' ~ item) }} = bits_{{ item }}.block_key
        {%- endfor %}
        group by
            candidates.segment_id
            {%- for item in items %}, candidates.item_{{ item }} {%- endfor %}
{%- endmacro %}


{% macro block_number() -%}
    {{ return('cast(floor(place / ' ~ bits_per_block() ~ ') as bigint)') }}
{%- endmacro %}


{#- One number for a block and an item, which is below 2 to the power of 31. -#}
{% macro block_key(block, item) -%}
    {{ return('(' ~ block ~ ') * 2147483648 + ' ~ item) }}
{%- endmacro %}


{#- Two itemsets of a basket that differ in their last item, as joined tables `first` and `second`; together they
    have `size` items. -#}
{% macro in_one_basket(size, occurrences) -%}
    {{ occurrences }} as first
        inner join {{ occurrences }} as second
            on
                first.place = second.place
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
