{{- config(materialized="by_file") -}}
{%- set raw_columns = [
    'DATE', 'STORE_NBR', 'LYLTY_CARD_NBR', 'TXN_ID', 'PROD_NBR', 'PROD_NAME', 'PROD_QTY', 'TOT_SALES'
] -%}
{%- set rules = [
    {'column': 'DATE', 'reason': 'is not a date', 'broken': 'transaction_date is null'},
    {'column': 'DATE', 'reason': 'is outside the plausible years', 'broken': 'not ' ~ is_plausible_date('transaction_date')},
    {'column': 'STORE_NBR', 'reason': 'is not a number', 'broken': 'store_id is null'},
    {'column': 'LYLTY_CARD_NBR', 'reason': 'is not a number', 'broken': 'customer_id is null'},
    {'column': 'TXN_ID', 'reason': 'is not a number', 'broken': 'transaction_id is null'},
    {'column': 'PROD_NBR', 'reason': 'is not a number', 'broken': 'product_id is null'},
    {'column': 'PROD_NAME', 'reason': 'is empty', 'broken': 'product_name is null'},
    {'column': 'PROD_NAME', 'reason': 'is longer than 200 characters', 'broken': is_longer_than('product_name', 200)},
    {'column': 'PROD_QTY', 'reason': 'is not a whole number', 'broken': 'units is null'},
    {'column': 'PROD_QTY', 'reason': 'is zero or negative', 'broken': 'units <= 0'},
    {'column': 'PROD_QTY', 'reason': 'is a bulk purchase', 'broken': 'units > ' ~ var('max_quantity')},
    {'column': 'TOT_SALES', 'reason': 'is not an amount', 'broken': 'exact_amount is null'},
    {'column': 'TOT_SALES', 'reason': 'is negative', 'broken': 'exact_amount < 0'},
    {'column': 'TOT_SALES', 'reason': 'is finer than a cent', 'broken': 'exact_amount <> round(exact_amount, 2)'},
] -%}

with

raw as (
    select * from {{ ref('transaction_data') }}
),

typed as (
    select
        *,
        {{ to_date('"DATE"') }} as transaction_date,
        {{ to_integer('"STORE_NBR"') }} as store_id,
        {{ to_integer('"LYLTY_CARD_NBR"') }} as customer_id,
        {{ to_integer('"TXN_ID"') }} as transaction_id,
        {{ to_integer('"PROD_NBR"') }} as product_id,
        {{ trim_text('"PROD_NAME"') }} as product_name,
        {{ to_integer('"PROD_QTY"') }} as units,
        {{ to_amount('"TOT_SALES"') }} as exact_amount
    from raw
),

judged as (
    select
        *,
        {{ broken_rule(rules) }} as broken_rule
    from typed
),

final as (
    select
        transaction_id,
        customer_id,
        store_id,
        product_id,
        product_name,
        units,
        cast(exact_amount as decimal(18, 2)) as sales_amount,
        transaction_date,
        raw_file,
        {{ rejection_columns(rules, raw_columns) }}
    from judged
)

select * from final
