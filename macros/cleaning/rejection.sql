{#-
  Rows that staging refuses. A model lists its rules once, in the order in which they are judged:

      [{'column': 'PROD_QTY', 'reason': 'is not a whole number', 'broken': 'units is null'}, ...]

  and gets a reason, the column, its raw value and the raw row for every refused row; all four are null for the others.
  A row has one reason, the first, so that reasons add up to rows.
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
    case broken_rule
        {%- for rule in rules %}
        when {{ loop.index }} then {{ sql_text(rule['column']) }}
        {%- endfor %}
    end as rejected_column,
    case broken_rule
        {%- for rule in rules %}
        when {{ loop.index }} then left({{ adapter.quote(rule['column']) }}, 200)
        {%- endfor %}
    end as rejected_value,
    case
        when broken_rule is not null then concat_ws(
            ' | '
            {%- for column in raw_columns -%}
            , {{ sql_text(column ~ '=') }} || coalesce(left({{ adapter.quote(column) }}, 200), '')
            {%- endfor -%}
        )
    end as raw_row
{%- endmacro %}


{#- A select of the refused rows of a dataset's raw files, given as {source file: base model}. -#}
{% macro rejected_rows_of(models) -%}
    {%- for source_file, model in models.items() %}
    select
        '{{ source_file }}' as source_file,
        rejection_reason,
        rejected_column,
        rejected_value,
        raw_row
    from {{ ref(model) }}
    where rejection_reason is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
