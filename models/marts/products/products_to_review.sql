with

products as (
    select * from {{ ref('int_products__products') }}
),

till_names as (
    select * from {{ ref('int_products__till_names') }}
),

product_sales as (
    select * from {{ ref('int_products__attribute_sales') }}
    where attribute = 'product'
),

problems as (
    select
        product_key,
        'brand is not listed' as problem,
        'brand_aliases' as reference_seed
    from till_names
    where not is_brand_listed
    union all
    select
        product_key,
        'name states no flavour' as problem,
        'product_words' as reference_seed
    from till_names
    where flavour is null
    union all
    select
        product_key,
        'flavour belongs to no family' as problem,
        'flavour_families' as reference_seed
    from till_names
    where flavour is not null and flavour_family is null
    union all
    select
        product_key,
        'name states no pack size' as problem,
        cast(null as {{ dbt.type_string() }}) as reference_seed
    from till_names
    where pack_size_g is null
    union all
    select
        product_key,
        'name has unlisted words: ' || unlisted_words as problem,
        'product_words' as reference_seed
    from till_names
    where unlisted_words is not null
),

final as (
    select
        products.dataset,
        products.product_id,
        problems.problem,
        products.product_name,
        problems.reference_seed,
        coalesce(product_sales.sales_amount, 0) as sales_amount,
        coalesce(product_sales.sales_share, 0) as sales_share
    from problems
    inner join products on problems.product_key = products.product_key
    left join product_sales
        on products.dataset = product_sales.dataset and products.product_id = product_sales.attribute_value
)

select * from final
