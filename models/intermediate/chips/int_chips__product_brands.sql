with

transactions as (
    select * from {{ ref('stg_chips__transactions') }}
),

brand_aliases as (
    select * from {{ ref('brand_aliases') }}
),

till_names as (
    select
        product_id,
        product_name as till_name,
        count(*) as lines
    from transactions
    group by product_id, product_name
),

name_counts as (
    select
        product_id,
        {{ clean_text('till_name') }} as product_name,
        sum(lines) as lines
    from till_names
    group by product_id, {{ clean_text('till_name') }}
),

products as (
    select
        product_id,
        product_name
    from name_counts
    qualify row_number() over (
        partition by product_id order by lines desc nulls last, product_name nulls last
    ) = 1
),

matched_aliases as (
    select
        products.product_id,
        products.product_name,
        brand_aliases.brand,
        length(brand_aliases.alias) as alias_length
    from products
    left join brand_aliases
        on left(upper(products.product_name) || ' ', length(brand_aliases.alias) + 1) = brand_aliases.alias || ' '
),

longest_aliases as (
    select *
    from matched_aliases
    qualify row_number() over (partition by product_id order by alias_length desc nulls last) = 1
),

final as (
    select
        product_id,
        product_name,
        coalesce(brand, {{ capitalize("split_part(product_name, ' ', 1)") }}) as brand,
        brand is not null as is_brand_listed,
        trim(substr(
            product_name, coalesce(alias_length, length(split_part(product_name, ' ', 1))) + 1
        )) as name_without_brand,
        {{ pack_size_grams('product_name') }} as pack_size_g
    from longest_aliases
)

select * from final
