-- Bounded, however many lines there are: stores times values times parts.
{%- set parts = 4 %}
with

stores as (
    select * from {{ ref('stores') }}
),

receipts as (
    select * from {{ ref('int_products__receipts') }}
    where store_key is not null and units > 0
),

lines as (
    select * from {{ ref('int_products__sales_lines') }}
    where store_key is not null and units > 0 and sales_amount >= 0
),

product_attributes as (
    select * from {{ ref('int_products__product_attributes') }}
    where attribute in ({{ sql_texts(var('leading_attributes')) }})
),

attribute_sales as (
    select * from {{ ref('int_products__attribute_sales') }}
),

-- A few receipts say what some customers like, not what the store sells.
store_receipts as (
    select
        receipts.store_key,
        stores.dataset,
        stores.store_id,
        count(*) as receipts
    from receipts
    inner join stores on receipts.store_key = stores.store_key
    group by receipts.store_key, stores.dataset, stores.store_id
),

large_stores as (
    select
        store_key,
        dataset,
        store_id
    from store_receipts
    where receipts >= {{ var('clustered_store_receipts') }}
    qualify
        row_number() over (
            partition by dataset order by receipts desc nulls last, store_id nulls last
        ) <= {{ var('max_clustered_stores') }}
),

-- What a customer buys again is in one part, as are the lines of a receipt: those without a customer are dealt by day.
product_lines as (
    select
        store_key,
        product_key,
        coalesce(customer_key, {{ days_between("date '1970-01-01'", 'receipt_date') }}) % {{ parts }} as part,
        count(*) as lines
    from lines
    group by
        store_key,
        product_key,
        coalesce(customer_key, {{ days_between("date '1970-01-01'", 'receipt_date') }}) % {{ parts }}
),

product_values as (
    select
        product_attributes.product_key,
        product_attributes.attribute,
        case
            when product_attributes.is_stated and attribute_sales.sales_rank <= {{ var('max_clustered_values') }}
                then product_attributes.value_id
            else 0
        end as value_id
    from product_attributes
    inner join attribute_sales on product_attributes.value_id = attribute_sales.value_id
),

final as (
    select
        large_stores.dataset,
        large_stores.store_id,
        product_values.attribute,
        cast(product_values.value_id as integer) as value_id,
        cast(product_lines.part as integer) as part,
        cast(sum(product_lines.lines) as bigint) as lines
    from product_lines
    inner join large_stores on product_lines.store_key = large_stores.store_key
    inner join product_values on product_lines.product_key = product_values.product_key
    group by
        large_stores.dataset, large_stores.store_id, product_values.attribute, product_values.value_id,
        product_lines.part
)

select * from final
