{{- config(materialized="table") -}}
{%- set raw_columns = ['invoice_id', 'list_of_goods', 'customer_id'] -%}
{%- set rules = [
    {'column': 'invoice_id', 'reason': 'is not a number', 'broken': 'basket_id is null'},
    {'column': 'list_of_goods', 'reason': 'is empty', 'broken': 'goods is null'},
    {'column': 'list_of_goods', 'reason': 'is a list of nothing', 'broken': 'is_empty_list'},
    {'column': 'list_of_goods', 'reason': 'is not a list of names in quotes', 'broken': 'not is_list'},
    {'column': 'customer_id', 'reason': 'is not a number', 'broken': 'clean_customer_id is null'},
    {'column': 'invoice_id', 'reason': 'has rows that contradict each other', 'broken': 'is_contradicted'},
    {'column': 'invoice_id', 'reason': 'repeats an earlier row', 'broken': 'basket_row > 1'},
] -%}

with

raw as (
    select * from {{ ref('customer_basket') }}
),

typed as (
    select
        *,
        {{ to_integer('invoice_id') }} as basket_id,
        {{ to_integer('customer_id') }} as clean_customer_id,
        {{ trim_text('list_of_goods') }} as goods
    from raw
),

compared as (
    select
        *,
        {{ row_of_key('basket_id', ['goods', 'clean_customer_id'], raw_columns) }} as basket_row,
        {{ has_variants('basket_id', ['goods', 'clean_customer_id']) }} as is_contradicted
    from typed
),

parsed as (
    select
        *,
        {{ is_text_list('goods') }} as is_list,
        regexp_extract(goods, '^[[][ ]*[]]$', 0) <> '' as is_empty_list,
        {{ list_literals('goods') }} as product_literals
    from compared
),

judged as (
    select
        *,
        {{ broken_rule(rules) }} as broken_rule
    from parsed
),

final as (
    select
        basket_id,
        clean_customer_id as customer_id,
        product_literals,
        {{ rejection_columns(rules, raw_columns) }}
    from judged
)

select * from final
