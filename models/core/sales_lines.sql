with

lines as (
    {{ union_staging(
        'sales_lines',
        ['chips', 'grocery', 'mapped'],
        {
            'receipt_id': dbt.type_string(),
            'customer_id': dbt.type_string(),
            'store_id': dbt.type_string(),
            'product_id': dbt.type_string(),
            'sold_at': 'timestamp',
            'receipt_date': 'date',
            'units': 'decimal(18, 3)',
            'sales_amount': 'decimal(18, 2)',
            'cost_amount': 'decimal(18, 2)',
            'discount_amount': 'decimal(18, 2)',
        }
    ) }}
),

customers as (
    select * from {{ ref('customers') }}
),

stores as (
    select * from {{ ref('stores') }}
),

products as (
    select * from {{ ref('products') }}
),

final as (
    select
        lines.dataset,
        lines.receipt_id,
        customers.customer_key,
        stores.store_key,
        products.product_key,
        lines.sold_at,
        lines.receipt_date,
        lines.units,
        lines.sales_amount,
        lines.cost_amount,
        lines.discount_amount
    from lines
    inner join products on lines.dataset = products.dataset and lines.product_id = products.product_id
    left join customers on lines.dataset = customers.dataset and lines.customer_id = customers.customer_id
    left join stores on lines.dataset = stores.dataset and lines.store_id = stores.store_id
)

select * from final
