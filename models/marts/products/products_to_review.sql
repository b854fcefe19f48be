with

products as (
    select * from {{ ref('int_chips__products') }}
),

product_sales as (
    select * from {{ ref('product_sales') }}
),

problems as (
    select
        product_id,
        'brand is not listed' as problem,
        'brand_aliases' as reference_seed
    from products
    where not is_brand_listed
    union all
    select
        product_id,
        'name states no flavour' as problem,
        'product_words' as reference_seed
    from products
    where flavour is null
    union all
    select
        product_id,
        'flavour belongs to no family' as problem,
        'flavour_families' as reference_seed
    from products
    where flavour is not null and flavour_family is null
    union all
    select
        product_id,
        'name states no pack size' as problem,
        cast(null as {{ dbt.type_string() }}) as reference_seed
    from products
    where pack_size_g is null
    union all
    select
        product_id,
        'name has unlisted words: ' || unlisted_words as problem,
        'product_words' as reference_seed
    from products
    where unlisted_words is not null
),

final as (
    select
        problems.product_id,
        problems.problem,
        products.product_name,
        problems.reference_seed,
        coalesce(product_sales.sales_amount, 0) as sales_amount,
        coalesce(product_sales.sales_share, 0) as sales_share
    from problems
    inner join products on problems.product_id = products.product_id
    left join product_sales on problems.product_id = product_sales.product_id
)

select * from final
