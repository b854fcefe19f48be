{%- set measures = ['receipts', 'sales_per_receipt', 'products_per_receipt', 'unit_price', 'weekend_share'] %}
-- Bringing something back is no purchase.
with

lines as (
    select * from {{ ref('int_products__sales_lines') }}
    where
        customer_key is not null
        and receipt_date is not null
        and sales_amount is not null
        and units > 0
),

receipts as (
    select
        dataset,
        customer_key,
        store_key,
        receipt_date,
        receipt_id,
        count(distinct product_key) as products,
        sum(units) as units,
        sum(sales_amount) as sales_amount
    from lines
    group by dataset, customer_key, store_key, receipt_date, receipt_id
),

customers as (
    select
        dataset,
        customer_key,
        count(*) as receipts,
        cast(sum(sales_amount) as double) / count(*) as sales_per_receipt,
        cast(sum(products) as double) / count(*) as products_per_receipt,
        cast(sum(sales_amount) as double) / cast(sum(units) as double) as unit_price,
        cast(count(*) filter (where {{ iso_weekday('receipt_date') }} >= 6) as double) / count(*) as weekend_share
    from receipts
    group by dataset, customer_key
),

measures as (
    {%- for measure in measures %}
    select '{{ measure }}' as measure
    {{ 'union all' if not loop.last }}
    {%- endfor %}
),

final as (
    select
        customers.dataset,
        customers.customer_key,
        measures.measure,
        case measures.measure
            {%- for measure in measures %}
            when '{{ measure }}' then cast(customers.{{ measure }} as double)
            {%- endfor %}
        end as measure_value
    from customers
    cross join measures
)

select * from final
