{#-
  One of the settings under `basket_rules`, checked. Thresholds are compared exactly: as decimals and integers,
  since floating-point numbers lose itemsets and rules that sit on a threshold.
-#}
{% macro itemset_setting(settings, name) -%}
    {%- set limits = {
        'min_support': (0, 1),
        'min_baskets': (1, 1000000000),
        'min_confidence': (0, 1),
        'min_lift': (0, 1000),
        'max_itemset_size': (1, 8),
    }[name] -%}
    {%- set value = settings.get(name) -%}
    {%- if value is not number or value < limits[0] or value > limits[1] -%}
        {{ exceptions.raise_compiler_error(
            'basket_rules: ' ~ name ~ ' is ' ~ value ~ ', but has to be a number from ' ~ limits[0] ~ ' to ' ~ limits[1]
        ) }}
    {%- elif name in ['min_baskets', 'max_itemset_size'] and value is not integer -%}
        {{ exceptions.raise_compiler_error(
            'basket_rules: ' ~ name ~ ' is ' ~ value ~ ', but has to be a whole number'
        ) }}
    {%- endif -%}
    {{ return(value) }}
{%- endmacro %}


{#- A number with its decimals written out: 1e-05 would be a floating-point number in SQL. Nine decimals count. -#}
{% macro decimal_literal(number) -%}
    {%- set digits = ('%.9f' % number).rstrip('0') -%}
    {{ return(digits ~ '0' if digits.endswith('.') else digits) }}
{%- endmacro %}
