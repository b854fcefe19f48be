-- Numbers follow the alphabet within a dataset's attribute.
with

products as (
    select * from {{ ref('products') }}
),

till_names as (
    select * from {{ ref('int_products__till_names') }}
),

stated_attributes as (
    select * from {{ ref('product_attributes') }}
),

all_attributes as (
    select
        product_key,
        'product' as attribute,
        product_id as attribute_value,
        1 as source_rank
    from products
    union all
    select
        product_key,
        attribute,
        attribute_value,
        2 as source_rank
    from stated_attributes
    {%- for attribute, value in {
        'brand': 'brand', 'flavour': 'flavour_family', 'pack size': "pack_size_g || ' g'"
    }.items() %}
    union all
    select
        product_key,
        '{{ attribute }}' as attribute,
        coalesce({{ value }}, 'Not stated') as attribute_value,
        3 as source_rank
    from till_names
    {%- endfor %}
),

-- What the files say goes before what is cut out of names.
first_sources as (
    select *
    from all_attributes
    qualify row_number() over (partition by product_key, attribute order by source_rank nulls last) = 1
),

final as (
    select
        products.dataset,
        first_sources.product_key,
        first_sources.attribute,
        first_sources.attribute_value,
        cast(dense_rank() over (
            order by
                products.dataset nulls last, first_sources.attribute nulls last,
                first_sources.attribute_value nulls last
        ) as integer) as value_id,
        first_sources.attribute = 'product' or first_sources.attribute_value not in ('Not stated', 'Unknown')
            as is_stated
    from first_sources
    inner join products on first_sources.product_key = products.product_key
)

select * from final
