{#-
  A select of the result of association_rules with its items as arrays of names, and with the p- and q-value of the
  test with the same counts. `items` holds item_id and item_name.
-#}
{% macro named_rules(rules, items, tests, settings) -%}
    {%- set places = range(1, itemset_setting(settings, 'max_itemset_size') + 1) -%}
    select
        rules.segment_name,
        {%- for side in ['antecedent', 'consequent'] %}
        case rules.{{ side }}_size
            {%- for size in places if size < places | length %}
            when {{ size }} then {{ array_of(name_columns(side, size)) }}
            {%- endfor %}
        end as {{ side }},
        rules.{{ side }}_size,
        {%- endfor %}
        rules.baskets,
        rules.antecedent_baskets,
        rules.consequent_baskets,
        rules.rule_baskets,
        rules.support,
        rules.confidence,
        rules.lift,
        rules.leverage,
        rules.conviction,
        rules.zhangs_metric,
        tests.p_value,
        tests.q_value,
        rules.is_redundant
    from {{ rules }} as rules
    inner join {{ tests }} as tests
        on
            (rules.segment_name <> 'All') = tests.is_segment
            and rules.antecedent_size + rules.consequent_size = tests.itemset_size
            and rules.baskets = tests.baskets
            and least(rules.antecedent_baskets, rules.consequent_baskets) = tests.first_baskets
            and greatest(rules.antecedent_baskets, rules.consequent_baskets) = tests.second_baskets
            and rules.rule_baskets = tests.both_baskets
    {%- for side in ['antecedent', 'consequent'] %}
    {%- for place in places if place < places | length %}
    left join {{ items }} as {{ side }}_item_{{ place }}
        on rules.{{ side }}_{{ place }} = {{ side }}_item_{{ place }}.item_id
    {%- endfor %}
    {%- endfor %}
{%- endmacro %}


{% macro name_columns(side, size) -%}
    {%- set columns = [] -%}
    {%- for place in range(1, size + 1) -%}
        {%- do columns.append(side ~ '_item_' ~ place ~ '.item_name') -%}
    {%- endfor -%}
    {{ return(columns) }}
{%- endmacro %}
