{{- config(materialized="table") }}

with

raw as (
    select * from {{ ref('customer_basket') }}
),

typed as (
    select
        {{ to_integer('invoice_id') }} as basket_id,
        {{ to_integer('customer_id') }} as customer_id,
        {{ trim_text('list_of_goods') }} as goods,
        {{ text_map(['invoice_id', 'list_of_goods', 'customer_id']) }} as raw_fields
    from raw
),

compared as (
    select
        *,
        row_number() over (
            partition by basket_id order by cast(raw_fields as {{ dbt.type_string() }}) nulls last
        ) as basket_row,
        count(*) over (partition by basket_id) as basket_rows,
        count(*) over (partition by basket_id, customer_id, goods) as equal_rows
    from typed
),

judged as (
    select
        *,
        case
            when basket_id is null then 'invoice_id is not a number'
            when goods is null then 'list_of_goods is empty'
            when {{ is_match('goods', '\\[ *\\]') }} then 'list_of_goods is a list of nothing'
            when not {{ is_text_list('goods') }} then 'list_of_goods is not a list of names in quotes'
            when customer_id is null then 'customer_id is not a number'
            when basket_rows > equal_rows then 'invoice_id has rows that contradict each other'
            when basket_row > 1 then 'invoice_id repeats an earlier row'
        end as rejection_reason
    from compared
),

final as (
    select
        basket_id,
        customer_id,
        {{ list_literals('goods') }} as product_literals,
        rejection_reason,
        case when rejection_reason is not null then raw_fields end as raw_fields
    from judged
)

select * from final
