{%- set rules = [
    {'column': 'Field', 'reason': 'is empty', 'broken': 'column_name is null'},
    {'column': 'Field', 'reason': 'has rows that contradict each other', 'broken': 'is_contradicted'},
    {'column': 'Field', 'reason': 'repeats an earlier row', 'broken': 'field_row > 1'},
] -%}

with

raw as (
    select * from {{ ref('marketing_data_dictionary') }}
),

typed as (
    select
        *,
        {{ clean_text('"Field"') }} as column_name,
        {{ clean_text('"Description"') }} as clean_description
    from raw
),

compared as (
    select
        *,
        {{ row_of_key(
            'lower(column_name)', ['clean_description', 'column_name'], ['Field', 'Description']
        ) }} as field_row,
        {{ has_variants('lower(column_name)', ['clean_description']) }} as is_contradicted
    from typed
),

judged as (
    select
        *,
        {{ broken_rule(rules) }} as broken_rule
    from compared
),

final as (
    select
        column_name,
        clean_description as description,
        {{ rejection_columns(rules, ['Field', 'Description']) }}
    from judged
)

select * from final
