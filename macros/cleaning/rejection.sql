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


{#- One rule for each of {raw column: name}; {column} and {name} in the condition stand for them. -#}
{% macro rules_for_each(columns, reason, broken) -%}
    {%- set rules = [] -%}
    {%- for column, name in columns.items() -%}
        {%- set condition = broken | replace('{column}', column) | replace('{name}', name) -%}
        {%- do rules.append({'column': column, 'reason': reason, 'broken': condition}) -%}
    {%- endfor -%}
    {{ return(rules) }}
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


{#- A select of the refused rows of a dataset's raw files, given as {source file: base model}. A reason begins with the
    name of its column; of two names that it begins with, it is the longer one. -#}
{% macro rejected_rows_of(models) -%}
    {%- for source_file, model in models.items() %}
    select
        '{{ source_file }}' as source_file,
        rejection_reason,
        rejected_column,
        left(raw_fields[rejected_column], 200) as rejected_value,
        {{ map_as_text('raw_fields', length=200) }} as raw_row
    from (
        select
            rejection_reason,
            raw_fields,
            {{ longest_key_before_blank('raw_fields', 'rejection_reason') }} as rejected_column
        from {{ ref(model) }}
        where rejection_reason is not null
    ) as refused
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
