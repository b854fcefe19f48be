{%- set raw_columns = [
    'DATE', 'STORE_NBR', 'LYLTY_CARD_NBR', 'TXN_ID', 'PROD_NBR', 'PROD_NAME', 'PROD_QTY', 'TOT_SALES'
] -%}

with

raw as (
    select * from {{ ref('transaction_data') }}
),

typed as (
    select
        *,
        {{ to_date('DATE') }} as transaction_date,
        {{ to_integer('STORE_NBR') }} as store_id,
        {{ to_integer('LYLTY_CARD_NBR') }} as customer_id,
        {{ to_integer('TXN_ID') }} as transaction_id,
        {{ to_integer('PROD_NBR') }} as product_id,
        {{ trim_text('PROD_NAME') }} as product_name,
        {{ to_integer('PROD_QTY') }} as units,
        {{ to_amount('TOT_SALES') }} as exact_amount
    from raw
),

validated as (
    select
        *,
        case
            when transaction_date is null then 'DATE is not a date'
            when not {{ is_plausible_date('transaction_date') }} then 'DATE is outside the plausible years'
            when store_id is null then 'STORE_NBR is not a number'
            -- A sale without a card counts for products and days, and for no customer.
            when customer_id is null and {{ is_stated('LYLTY_CARD_NBR') }} then 'LYLTY_CARD_NBR is not a number'
            when transaction_id is null then 'TXN_ID is not a number'
            when product_id is null then 'PROD_NBR is not a number'
            when product_name is null then 'PROD_NAME is empty'
            when {{ is_longer_than('product_name', 200) }} then 'PROD_NAME is longer than 200 characters'
            when units is null then 'PROD_QTY is not a whole number'
            when units <= 0 then 'PROD_QTY is zero or negative'
            when units > {{ var('max_quantity') }} then 'PROD_QTY is a bulk purchase'
            when exact_amount is null then 'TOT_SALES is not an amount'
            when exact_amount < 0 then 'TOT_SALES is negative'
            when exact_amount <> round(exact_amount, 2) then 'TOT_SALES is finer than a cent'
        end as rejection_reason
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
        rejection_reason,
        -- A column costs as much to store where it is null, so only refused rows keep their fields.
        case when rejection_reason is not null then {{ text_map(raw_columns) }} end as raw_fields
    from validated
)

select * from final
