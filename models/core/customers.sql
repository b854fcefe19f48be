with

listed as (
    {{ union_staging(
        'customers',
        ['chips', 'shop', 'campaign', 'grocery', 'mapped'],
        {'customer_id': dbt.type_string()}
    ) }}
),

lines as (
    {{ union_staging('sales_lines', ['chips', 'grocery', 'mapped'], {'customer_id': dbt.type_string()}) }}
),

buyers as (
    select distinct
        dataset,
        customer_id
    from lines
    where customer_id is not null
),

all_customers as (
    select
        coalesce(listed.dataset, buyers.dataset) as dataset,
        coalesce(listed.customer_id, buyers.customer_id) as customer_id,
        listed.customer_id is not null as is_listed,
        buyers.customer_id is not null as has_receipts
    from listed
    full outer join buyers on listed.dataset = buyers.dataset and listed.customer_id = buyers.customer_id
),

final as (
    select
        cast(row_number() over (order by dataset nulls last, customer_id nulls last) as integer) as customer_key,
        dataset,
        customer_id,
        is_listed,
        has_receipts
    from all_customers
)

select * from final
