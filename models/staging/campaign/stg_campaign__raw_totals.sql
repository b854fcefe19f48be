-- Counted from the raw tables alone, without the parsing and the rules that it checks.
with

customers as (
    select * from {{ ref('marketing_data') }}
),

entries as (
    select * from {{ ref('marketing_data_dictionary') }}
),

customer_totals as (
    select
        'marketing_data' as source_file,
        count(*) as raw_rows
        {%- for column in campaign_amounts() %}
        {{ ',' if loop.first else '+' }} coalesce(sum({{ rough_amount(adapter.quote(column)) }}), 0)
        {%- endfor %} as raw_amount
    from customers
),

entry_totals as (
    select
        'marketing_data_dictionary' as source_file,
        count(*) as raw_rows,
        cast(null as decimal(38, 4)) as raw_amount
    from entries
),

final as (
    select * from customer_totals
    union all
    select * from entry_totals
)

select * from final
