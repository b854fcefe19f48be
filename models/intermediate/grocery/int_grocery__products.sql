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
        product_name,
        sum(lines) over (partition by product_key) as lines
    from spellings
    qualify row_number() over (
        partition by product_key order by lines desc nulls last, product_name nulls last
    ) = 1
),

products as (
    select
        coalesce(sold_products.product_key, lower(product_categories.product_name)) as product_key,
        coalesce(sold_products.product_name, product_categories.product_name) as product_name,
        coalesce(product_categories.category, 'Unknown') as category,
        cast(coalesce(sold_products.lines, 0) as bigint) as lines
    from sold_products
    full outer join product_categories on sold_products.product_key = lower(product_categories.product_name)
),

final as (
    select
        cast(row_number() over (order by product_name nulls last, product_key nulls last) as integer) as product_id,
        product_key,
        product_name,
        cast(dense_rank() over (
            order by category = 'Unknown' nulls last, category nulls last
        ) as integer) as category_id,
        category,
        lines
    from products
)

select * from final
