with

lines as (
    {{ union_staging('sales_lines', ['chips', 'grocery', 'mapped'], {'store_id': dbt.type_string()}) }}
),

stores as (
    select distinct
        dataset,
        store_id
    from lines
    where store_id is not null
),

final as (
    select
        cast(row_number() over (order by dataset nulls last, store_id nulls last) as integer) as store_key,
        dataset,
        store_id
    from stores
)

select * from final
