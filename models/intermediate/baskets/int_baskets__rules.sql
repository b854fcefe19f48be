with

rule_counts as (
    select
        *,
        cast(baskets as double) as n,
        cast(antecedent_baskets as double) as a,
        cast(consequent_baskets as double) as c,
        cast(rule_baskets as double) as r
    from {{ ref('int_baskets__rule_counts') }}
),

segments as (
    select * from {{ ref('int_baskets__segments') }}
),

itemset_names as (
    select * from {{ ref('int_baskets__itemset_names') }}
),

p_values as (
    select * from {{ ref('association_p_values') }}
),

margin_p_values as (
    select * from {{ ref('margin_p_values') }}
),

-- Support, confidence, lift (Brin et al., SIGMOD 1997), leverage (Piatetsky-Shapiro 1991), conviction (Brin et al.;
-- infinite for a rule without exception) and Zhang's metric (Zhang, Machine Learning 2000; 0 where the counts leave no
-- room), each in one division of whole numbers, so that it has the nearest double.
final as (
    select
        segments.dataset,
        segments.item_level,
        segments.segment_name,
        antecedents.item_names as antecedent,
        rule_counts.antecedent_size,
        consequents.item_names as consequent,
        rule_counts.consequent_size,
        rule_counts.baskets,
        rule_counts.antecedent_baskets,
        rule_counts.consequent_baskets,
        rule_counts.rule_baskets,
        rule_counts.r / rule_counts.n as support,
        rule_counts.r / rule_counts.a as confidence,
        rule_counts.r * rule_counts.n / (rule_counts.a * rule_counts.c) as lift,
        (rule_counts.r * rule_counts.n - rule_counts.a * rule_counts.c)
        / (rule_counts.n * rule_counts.n) as leverage,
        case
            when rule_counts.r = rule_counts.a then cast('infinity' as double)
            else rule_counts.a * (rule_counts.n - rule_counts.c) / (rule_counts.n * (rule_counts.a - rule_counts.r))
        end as conviction,
        coalesce(
            (rule_counts.r * rule_counts.n - rule_counts.a * rule_counts.c)
            / nullif(greatest(
                rule_counts.r * (rule_counts.n - rule_counts.a), rule_counts.a * (rule_counts.c - rule_counts.r)
            ), 0),
            0
        ) as zhangs_metric,
        p_values.p_value,
        p_values.q_value,
        rule_counts.is_redundant,
        margin_p_values.compared_stores,
        margin_p_values.lift as adjusted_lift,
        margin_p_values.lift_low as adjusted_lift_low,
        margin_p_values.lift_high as adjusted_lift_high,
        margin_p_values.p_value as adjusted_p_value,
        margin_p_values.q_value as adjusted_q_value
    from rule_counts
    inner join segments on rule_counts.segment_id = segments.segment_id
    inner join itemset_names as antecedents on rule_counts.antecedent_id = antecedents.itemset_id
    inner join itemset_names as consequents on rule_counts.consequent_id = consequents.itemset_id
    inner join margin_p_values
        on
            least(rule_counts.antecedent_id, rule_counts.consequent_id) = margin_p_values.first_id
            and greatest(rule_counts.antecedent_id, rule_counts.consequent_id) = margin_p_values.second_id
    inner join p_values
        on
            segments.dataset = p_values.dataset
            and segments.item_level = p_values.item_level
            and (segments.segment_name <> 'All') = p_values.is_segment
            and rule_counts.antecedent_size + rule_counts.consequent_size = p_values.itemset_size
            and rule_counts.baskets = p_values.baskets
            and least(rule_counts.antecedent_baskets, rule_counts.consequent_baskets) = p_values.first_baskets
            and greatest(rule_counts.antecedent_baskets, rule_counts.consequent_baskets) = p_values.second_baskets
            and rule_counts.rule_baskets = p_values.both_baskets
)

select * from final
