with

customers as (
    select * from {{ ref('base_grocery__customers') }}
),

baskets as (
    select * from {{ ref('base_grocery__baskets') }}
),

product_categories as (
    select * from {{ ref('base_grocery__product_categories') }}
),

final as (
    select
        'customer_info' as source_file,
        'customer' as row_type,
        cast(null as date) as row_date,
        file_amount,
        rejection_reason,
        raw_fields
    from customers
    union all
    select
        'customer_basket' as source_file,
        'receipt' as row_type,
        cast(null as date) as row_date,
        cast(null as decimal(38, 6)) as file_amount,
        rejection_reason,
        raw_fields
    from baskets
    union all
    select
        'product_mapping' as source_file,
        'product' as row_type,
        cast(null as date) as row_date,
        cast(null as decimal(38, 6)) as file_amount,
        rejection_reason,
        raw_fields
    from product_categories
)

select * from final
