{#-
  The sets of three items and more that mining has to count (Apriori: Agrawal & Srikant, VLDB 1994): those of which every
  subset is frequent. A set is the set of its first items, `prefix_id`, and one more, `item_id`, which follows them all.
  `subset_ids` are the sets that are one item smaller; prefix and subsets are numbers of int_baskets__itemsets.

  Where a basket holds a set is found anew for each size, by adding item after item to the frequent pairs: keeping it
  would take more room than all else, and few lists go beyond three items.
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
{%- for shorter in range(2, size) %}

frequent_{{ shorter }} as (
    select * from {{ ref('int_baskets__itemsets_' ~ shorter) }}
    where is_frequent
),
{%- endfor %}

-- The last size's sets with each of their subsets.
subsets as (
    {{ unnest_array('frequent_' ~ (size - 1), ['segment_id', 'itemset_id', 'item_id'], 'subset_ids', 'subset_id') }}
),

-- Adding an item to a set must give a frequent set with every subset of it, too.
candidates as (
    select
        subsets.segment_id,
        subsets.itemset_id as prefix_id,
        longer.item_id,
        array_append(array_agg(longer.itemset_id), subsets.itemset_id) as subset_ids
    from subsets
    inner join frequent_{{ size - 1 }} as longer
        on subsets.subset_id = longer.prefix_id and subsets.item_id < longer.item_id
    inner join segments on subsets.segment_id = segments.segment_id
    group by subsets.segment_id, subsets.itemset_id, longer.item_id
    having count(*) = {{ size - 1 }}
),

occurrences_1 as (
    select contents.* from contents
    where contents.segment_id in (select candidates.segment_id from candidates)
),
{%- for shorter in range(2, size) %}

occurrences_{{ shorter }} as (
    select
        occurrences.segment_id,
        occurrences.content_id,
        frequent_{{ shorter }}.itemset_id,
        occurrences.baskets
    from occurrences_{{ shorter - 1 }} as occurrences
    inner join frequent_{{ shorter }} on occurrences.itemset_id = frequent_{{ shorter }}.prefix_id
    inner join contents
        on
            occurrences.segment_id = contents.segment_id
            and occurrences.content_id = contents.content_id
            and frequent_{{ shorter }}.item_id = contents.item_id
),
{%- endfor %}

counted as (
    select
        candidates.prefix_id,
        candidates.item_id,
        sum(occurrences.baskets) as itemset_baskets
    from occurrences_{{ size - 1 }} as occurrences
    inner join candidates on occurrences.itemset_id = candidates.prefix_id
    inner join contents
        on
            occurrences.segment_id = contents.segment_id
            and occurrences.content_id = contents.content_id
            and candidates.item_id = contents.item_id
    group by candidates.prefix_id, candidates.item_id
),

-- Candidates that no basket holds were looked for, too.
final as (
    select
        {{ itemset_number(size, ['candidates.prefix_id', 'candidates.item_id']) }} as itemset_id,
        candidates.segment_id,
        candidates.prefix_id,
        candidates.item_id,
        candidates.subset_ids,
        cast(coalesce(counted.itemset_baskets, 0) as bigint) as itemset_baskets,
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
