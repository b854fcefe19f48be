{#-
  The sets of three items and more that mining has to count (Apriori: Agrawal & Srikant, VLDB 1994): those of which every
  subset is frequent. A set is the set of its first items, `prefix_id`, and one more, `item_id`, which follows them all.
  `subset_ids` are the sets that are one item smaller.

  Which baskets hold a set is found anew for each size, by adding item after item: keeping it would take more room than all
  else, and lists of more than three items are rare.
-#}
{% macro itemsets_of_size(size) -%}
with

contents as (
    select * from {{ ref('int_baskets__contents') }}
),

segments as (
    select * from {{ ref('int_baskets__segments') }}
    where max_itemset_size >= {{ size }}
),
{%- for shorter in range(1, size) %}

frequent_{{ shorter }} as (
    select * from {{ ref('int_baskets__itemsets_' ~ shorter) }}
    where is_frequent
),
{%- endfor %}

subsets as (
    {{ unnest_array('frequent_' ~ (size - 1), ['segment_id', 'itemset_id', 'item_id'], 'subset_ids', 'subset_id') }}
),

-- A set takes an item in if each of its subsets with this item is frequent.
candidates as (
    select
        subsets.segment_id,
        subsets.itemset_id as prefix_id,
        longer.item_id,
        array_append(array_sort(array_agg(longer.itemset_id)), subsets.itemset_id) as subset_ids
    from subsets
    inner join frequent_{{ size - 1 }} as longer
        on subsets.subset_id = longer.prefix_id and subsets.item_id < longer.item_id
    inner join segments on subsets.segment_id = segments.segment_id
    group by subsets.segment_id, subsets.itemset_id, longer.item_id
    having count(*) = {{ size - 1 }}
),

mined_contents as (
    select * from contents
    where segment_id in (select candidates.segment_id from candidates)
),

-- Each set that a basket holds, with the items after it.
first_items as (
    {{ unnest_with_rest('mined_contents', ['segment_id', 'baskets'], 'items', 'item_id') }}
),

occurrences_1 as (
    select
        frequent_1.itemset_id,
        first_items.items,
        first_items.baskets
    from first_items
    inner join frequent_1
        on first_items.segment_id = frequent_1.segment_id and first_items.item_id = frequent_1.item_id
),
{%- for shorter in range(2, size) %}

extensions_{{ shorter }} as (
    {{ unnest_with_rest('occurrences_' ~ (shorter - 1), ['itemset_id', 'baskets'], 'items', 'item_id') }}
),

occurrences_{{ shorter }} as (
    select
        frequent_{{ shorter }}.itemset_id,
        extensions.items,
        extensions.baskets
    from extensions_{{ shorter }} as extensions
    inner join frequent_{{ shorter }}
        on
            extensions.itemset_id = frequent_{{ shorter }}.prefix_id
            and extensions.item_id = frequent_{{ shorter }}.item_id
),
{%- endfor %}

extensions as (
    {{ unnest_array('occurrences_' ~ (size - 1), ['itemset_id', 'baskets'], 'items', 'item_id') }}
),

counted as (
    select
        itemset_id as prefix_id,
        item_id,
        cast(sum(baskets) as bigint) as itemset_baskets
    from extensions
    group by itemset_id, item_id
),

-- Candidates that no basket holds were looked for, too.
final as (
    select
        {{ itemset_number(size, ['candidates.prefix_id', 'candidates.item_id']) }} as itemset_id,
        candidates.segment_id,
        candidates.prefix_id,
        candidates.item_id,
        candidates.subset_ids,
        coalesce(counted.itemset_baskets, 0) as itemset_baskets,
        coalesce(counted.itemset_baskets, 0) >= segments.required_baskets as is_frequent
    from candidates
    inner join segments on candidates.segment_id = segments.segment_id
    left join counted on candidates.prefix_id = counted.prefix_id and candidates.item_id = counted.item_id
)

select * from final
{%- endmacro %}


{#- Numbers of the itemsets of one size, in the order of the given columns; those of other sizes begin elsewhere. -#}
{% macro itemset_number(size, columns) -%}
    {{ size }} * 1000000000000 + row_number() over (
            order by {{ columns | join(' nulls last, ') }} nulls last
        )
{%- endmacro %}
