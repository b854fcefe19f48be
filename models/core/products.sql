with

products as (
    {{ union_staging(
        'products',
        ['chips', 'grocery', 'mapped'],
        {'product_id': dbt.type_string(), 'product_name': dbt.type_string()}
    ) }}
),

final as (
    select
        cast(row_number() over (order by dataset nulls last, product_id nulls last) as integer) as product_key,
        dataset,
        product_id,
        product_name
    from products
)

select * from final
