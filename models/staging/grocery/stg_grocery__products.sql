with

spellings as (
    select
        product_key,
        product_name,
        sum(lines) as lines
    from {{ ref('stg_grocery__product_spellings') }}
    group by product_key, product_name
),

product_categories as (
    select * from {{ ref('stg_grocery__product_categories') }}
),

-- Of several spellings the most frequent counts.
sold_products as (
    select
        product_key,
        product_name
    from spellings
    qualify row_number() over (
        partition by product_key order by lines desc nulls last, product_name nulls last
    ) = 1
),

final as (
    select
        coalesce(sold_products.product_key, lower(product_categories.product_name)) as product_id,
        coalesce(sold_products.product_name, product_categories.product_name) as product_name,
        coalesce(product_categories.category, 'Unknown') as category
    from sold_products
    full outer join product_categories on sold_products.product_key = lower(product_categories.product_name)
)

select * from final
