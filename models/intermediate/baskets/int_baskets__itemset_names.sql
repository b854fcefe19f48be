with

itemsets as (
    select * from {{ ref('int_baskets__itemsets') }}
),

divisions as (
    select * from {{ ref('int_baskets__divisions') }}
),

rule_counts as (
    select * from {{ ref('int_baskets__rule_counts') }}
),

product_items as (
    select * from {{ ref('int_baskets__product_items') }}
),

sides as (
    select antecedent_id as itemset_id from rule_counts
    union
    select consequent_id as itemset_id from rule_counts
),

item_names as (
    select distinct
        item_id,
        item_name
    from product_items
),

-- The single items of a set are its parts of one item; a single item is its own.
parts as (
    select
        itemset_id,
        itemset_id as part_id
    from sides
    union all
    select
        divisions.itemset_id,
        divisions.part_id
    from divisions
    inner join sides on divisions.itemset_id = sides.itemset_id
    union all
    select
        divisions.itemset_id,
        divisions.rest_id as part_id
    from divisions
    inner join sides on divisions.itemset_id = sides.itemset_id
),

final as (
    select
        parts.itemset_id,
        array_sort(array_agg(distinct item_names.item_name)) as item_names
    from parts
    inner join itemsets as singles on parts.part_id = singles.itemset_id and singles.itemset_size = 1
    inner join item_names on singles.item_id = item_names.item_id
    group by parts.itemset_id
)

select * from final
