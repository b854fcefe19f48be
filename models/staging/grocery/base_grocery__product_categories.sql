{%- set raw_columns = ['product_name', 'category'] -%}
{%- set rules = [
    {'column': 'product_name', 'reason': 'is empty', 'broken': 'clean_name is null'},
    {'column': 'category', 'reason': 'is empty', 'broken': 'clean_category is null'},
    {'column': 'product_name', 'reason': 'has rows that contradict each other', 'broken': 'is_contradicted'},
    {'column': 'product_name', 'reason': 'repeats an earlier row', 'broken': 'product_row > 1'},
] -%}

with

raw as (
    select * from {{ ref('product_mapping') }}
),

typed as (
    select
        *,
        {{ clean_text('product_name') }} as clean_name,
        {{ clean_text('category') }} as clean_category
    from raw
),

compared as (
    select
        *,
        {{ row_of_key('lower(clean_name)', ['clean_category', 'clean_name'], raw_columns) }} as product_row,
        {{ has_variants('lower(clean_name)', ['lower(clean_category)']) }} as is_contradicted
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
        clean_name as product_name,
        lower(clean_category) as category,
        {{ rejection_columns(rules, raw_columns) }}
    from judged
)

select * from final
