with

itemsets as (
    select * from {{ ref('int_baskets__itemsets') }}
    where is_frequent
),

divisions as (
    select * from {{ ref('int_baskets__divisions') }}
),

segments as (
    select * from {{ ref('int_baskets__segments') }}
),

splits as (
    select
        itemset_id,
        part_id as antecedent_id,
        rest_id as consequent_id
    from divisions
    union all
    select
        itemset_id,
        rest_id as antecedent_id,
        part_id as consequent_id
    from divisions
),

rules as (
    select
        itemsets.segment_id,
        splits.antecedent_id,
        splits.consequent_id,
        antecedents.itemset_size as antecedent_size,
        consequents.itemset_size as consequent_size,
        segments.baskets,
        antecedents.itemset_baskets as antecedent_baskets,
        consequents.itemset_baskets as consequent_baskets,
        itemsets.itemset_baskets as rule_baskets
    from splits
    inner join itemsets on splits.itemset_id = itemsets.itemset_id
    inner join itemsets as antecedents on splits.antecedent_id = antecedents.itemset_id
    inner join itemsets as consequents on splits.consequent_id = consequents.itemset_id
    inner join segments on itemsets.segment_id = segments.segment_id
    where
        itemsets.itemset_baskets >= segments.min_confidence * antecedents.itemset_baskets
        and itemsets.itemset_baskets * segments.baskets
        >= segments.min_lift * (antecedents.itemset_baskets * consequents.itemset_baskets)
),

-- A rule with fewer conditions that holds at least as often says as much.
said_shorter as (
    select distinct
        rules.antecedent_id,
        rules.consequent_id
    from rules
    inner join splits on rules.antecedent_id = splits.itemset_id
    inner join rules as shorter
        on splits.antecedent_id = shorter.antecedent_id and rules.consequent_id = shorter.consequent_id
    where shorter.rule_baskets * rules.antecedent_baskets >= rules.rule_baskets * shorter.antecedent_baskets
),

-- So does the plain share of the consequent, the rule without a condition.
final as (
    select
        rules.*,
        rules.rule_baskets * rules.baskets <= rules.antecedent_baskets * rules.consequent_baskets
        or said_shorter.antecedent_id is not null as is_redundant
    from rules
    left join said_shorter
        on rules.antecedent_id = said_shorter.antecedent_id and rules.consequent_id = said_shorter.consequent_id
)

select * from final
