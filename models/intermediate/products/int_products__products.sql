with

products as (
    select * from {{ ref('products') }}
),

till_names as (
    select * from {{ ref('int_products__till_names') }}
),

-- What the files say of brands goes before what is cut out of names.
stated_brands as (
    select * from {{ ref('product_attributes') }}
    where attribute = 'brand'
),

final as (
    select
        products.product_key,
        products.dataset,
        products.product_id,
        products.product_name,
        coalesce(stated_brands.attribute_value, till_names.brand) as brand,
        till_names.flavour,
        till_names.flavour_family,
        till_names.pack_size_g,
        till_names.product_type,
        -- Products without a type are all counted.
        coalesce(till_names.product_type in ({{ sql_texts(var('product_types')) }}), true) as is_counted
    from products
    left join till_names on products.product_key = till_names.product_key
    left join stated_brands on products.product_key = stated_brands.product_key
)

select * from final
