{#-
  A select of the association rules that reach the thresholds, from the result of frequent_itemsets: every division
  of a frequent itemset into an antecedent and a consequent, with the counts that all measures follow from.
  `antecedent_1` ... and `consequent_1` ... hold the items in rising order, 0 where there is none.
-#}
{% macro association_rules(itemsets, settings) -%}
    {%- set max_size = itemset_setting(settings, 'max_itemset_size') -%}
    {%- set places = range(1, max_size + 1) -%}
    with

    frequent as (
        select * from {{ itemsets }}
        where is_frequent
    ),

    splits as (
        {%- for split in itemset_splits(max_size) %}
        {{ 'union all' if not loop.first }}
        select
            *,
            {{ split['antecedent'] | length }} as antecedent_size,
            {%- for side in ['antecedent', 'consequent'] %}
            {%- for place in places %}
            {{ 'item_' ~ split[side][loop.index0] if place <= split[side] | length else 0 }} as {{ side }}_{{ place }}
            {{- ',' if not loop.last }}
            {%- endfor %}
            {{- ',' if not loop.last }}
            {%- endfor %}
        from frequent
        where itemset_size = {{ split['antecedent'] | length + split['consequent'] | length }}
        {%- else %}
        -- Sets of one item have no rules.
        select
            *,
            0 as antecedent_size
            {%- for place in places %},
            0 as antecedent_{{ place }},
            0 as consequent_{{ place }}
            {%- endfor %}
        from frequent
        where false
        {%- endfor %}
    ),

    rules as (
        select
            splits.segment_name,
            splits.antecedent_size,
            splits.itemset_size - splits.antecedent_size as consequent_size,
            {%- for side in ['antecedent', 'consequent'] %}
            {%- for place in places %}
            splits.{{ side }}_{{ place }},
            {%- endfor %}
            {%- endfor %}
            splits.baskets,
            antecedents.itemset_baskets as antecedent_baskets,
            consequents.itemset_baskets as consequent_baskets,
            splits.itemset_baskets as rule_baskets
        from splits
        {%- for side in ['antecedent', 'consequent'] %}
        inner join frequent as {{ side }}s
            on
                splits.segment_name = {{ side }}s.segment_name
                {%- for place in places %}
                and splits.{{ side }}_{{ place }} = {{ side }}s.item_{{ place }}
                {%- endfor %}
        {%- endfor %}
        where
            splits.itemset_baskets
            >= {{ decimal_literal(itemset_setting(settings, 'min_confidence')) }} * antecedents.itemset_baskets
            and splits.itemset_baskets * splits.baskets
            >= {{ decimal_literal(itemset_setting(settings, 'min_lift')) }}
            * (antecedents.itemset_baskets * consequents.itemset_baskets)
    ),

    -- A rule with fewer conditions that holds at least as often says as much; so does the plain share of the
    -- consequent, the rule without a condition.
    said_shorter as (
        select distinct
            rules.segment_name
            {%- for side in ['antecedent', 'consequent'] %}
            {%- for place in places %},
            rules.{{ side }}_{{ place }}
            {%- endfor %}
            {%- endfor %}
        from rules
        inner join rules as shorter
            on
                rules.segment_name = shorter.segment_name
                {%- for place in places %}
                and rules.consequent_{{ place }} = shorter.consequent_{{ place }}
                {%- endfor %}
                and rules.antecedent_size > shorter.antecedent_size
                and shorter.rule_baskets * rules.antecedent_baskets >= rules.rule_baskets * shorter.antecedent_baskets
                {%- for place in places %}
                and shorter.antecedent_{{ place }} in (0
                    {%- for longer in places %}, rules.antecedent_{{ longer }} {%- endfor -%}
                )
                {%- endfor %}
    )

    select
        rules.*,
        {{ rule_measures('rules') }},
        rules.rule_baskets * rules.baskets <= rules.antecedent_baskets * rules.consequent_baskets
        or said_shorter.segment_name is not null as is_redundant
    from rules
    left join said_shorter
        on
            rules.segment_name = said_shorter.segment_name
            {%- for side in ['antecedent', 'consequent'] %}
            {%- for place in places %}
            and rules.{{ side }}_{{ place }} = said_shorter.{{ side }}_{{ place }}
            {%- endfor %}
            {%- endfor %}
{%- endmacro %}


{#-
  Measures of a rule from its four counts, each computed in one division of whole numbers, so that it has the
  nearest double. Support, confidence, lift (Brin et al., SIGMOD 1997), leverage (Piatetsky-Shapiro 1991),
  conviction (Brin et al.; infinite for a rule without exception) and Zhang's metric (Zhang, Machine Learning 2000;
  0 where the counts leave no room).
-#}
{% macro rule_measures(rules) -%}
    {%- set n = 'cast(' ~ rules ~ '.baskets as double)' -%}
    {%- set a = 'cast(' ~ rules ~ '.antecedent_baskets as double)' -%}
    {%- set c = 'cast(' ~ rules ~ '.consequent_baskets as double)' -%}
    {%- set both = 'cast(' ~ rules ~ '.rule_baskets as double)' -%}
        {{ both }} / {{ n }} as support,
        {{ both }} / {{ a }} as confidence,
        {{ both }} * {{ n }} / ({{ a }} * {{ c }}) as lift,
        ({{ both }} * {{ n }} - {{ a }} * {{ c }}) / ({{ n }} * {{ n }}) as leverage,
        case
            when {{ rules }}.rule_baskets = {{ rules }}.antecedent_baskets then cast('infinity' as double)
            else {{ a }} * ({{ n }} - {{ c }}) / ({{ n }} * ({{ a }} - {{ both }}))
        end as conviction,
        coalesce(
            ({{ both }} * {{ n }} - {{ a }} * {{ c }})
            / nullif(greatest({{ both }} * ({{ n }} - {{ a }}), {{ a }} * ({{ c }} - {{ both }})), 0),
            0
        ) as zhangs_metric
{%- endmacro %}


{#- All ways to divide itemsets of 2 items up to a size in two, as {antecedent: [places], consequent: [places]}. -#}
{% macro itemset_splits(max_size) -%}
    {%- set splits = [] -%}
    {%- for size in range(2, max_size + 1) -%}
        {%- for division in range(1, 2 ** size - 1) -%}
            {%- set split = {'antecedent': [], 'consequent': []} -%}
            {%- for place in range(1, size + 1) -%}
                {%- do split['antecedent' if (division // 2 ** (place - 1)) % 2 else 'consequent'].append(place) -%}
            {%- endfor -%}
            {%- do splits.append(split) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(splits) }}
{%- endmacro %}
