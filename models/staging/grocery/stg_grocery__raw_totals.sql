-- Counted from the raw tables alone, without the parsing and the rules that it checks.
with

customers as (
    select * from {{ ref('customer_info') }}
),

baskets as (
    select * from {{ ref('customer_basket') }}
),

product_categories as (
    select * from {{ ref('product_mapping') }}
),

customer_totals as (
    select
        'customer_info' as source_file,
        count(*) as raw_rows
        {%- for column in grocery_amounts() %}
        {{ ',' if loop.first else '+' }} coalesce(sum({{ rough_amount(column) }}), 0)
        {%- endfor %} as raw_amount
    from customers
),

final as (
    select * from customer_totals
    union all
    select
        'customer_basket' as source_file,
        count(*) as raw_rows,
        cast(null as decimal(38, 4)) as raw_amount
    from baskets
    union all
    select
        'product_mapping' as source_file,
        count(*) as raw_rows,
        cast(null as decimal(38, 4)) as raw_amount
    from product_categories
)

select * from final
