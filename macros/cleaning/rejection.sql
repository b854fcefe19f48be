{#-
  Rows that staging refuses. A model lists its rules once, in the order in which they are judged:

      [{'column': 'PROD_QTY', 'reason': 'is not a whole number', 'broken': 'units is null'}, ...]

  and gets a reason and the raw fields of every refused row; both are null for the others, and no more is kept, because a
  column costs as much to store where it is null. A row has one reason, the first, so that reasons add up to rows.
-#}
{% macro broken_rule(rules) -%}
    case
        {%- for rule in rules %}
        when {{ rule['broken'] }} then {{ loop.index }}
        {%- endfor %}
    end
{%- endmacro %}


{% macro rejection_columns(rules, raw_columns) -%}
    case broken_rule
        {%- for rule in rules %}
        when {{ loop.index }} then {{ sql_text(rule['column'] ~ ' ' ~ rule['reason']) }}
        {%- endfor %}
    end as rejection_reason,
    case
        when broken_rule is not null then {{ text_map(raw_columns) }}
    end as raw_fields
{%- endmacro %}
