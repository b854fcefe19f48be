with

products as (
    select * from {{ ref('int_chips__product_brands') }}
),

product_words as (
    select * from {{ ref('int_chips__product_words') }}
),

flavour_families as (
    select * from {{ ref('flavour_families') }}
),

product_type_rules as (
    select * from {{ ref('product_type_rules') }}
),

-- Connectives stand only between two words of the flavour: `Corn Chips & Salsa` is no `& Salsa`.
flavour_words as (
    select
        product_id,
        position,
        meaning
    from product_words
    where role in ('flavour', 'connective')
    qualify
        role = 'flavour'
        or (
            lag(role) over (partition by product_id order by position nulls last) = 'flavour'
            and lead(role) over (partition by product_id order by position nulls last) = 'flavour'
        )
),

flavours as (
    select
        product_id,
        {{ join_in_order('meaning', 'position', ' ') }} as flavour
    from flavour_words
    group by product_id
),

unlisted_words as (
    select
        product_id,
        {{ join_in_order('word', 'position', ' ') }} as unlisted_words
    from product_words
    where role is null
    group by product_id
),

flavour_terms as (
    {{ split_to_rows('flavours', ['product_id'], 'lower(flavour)', ' ') }}
),

all_meanings as (
    select
        product_id,
        lower(coalesce(meaning, word)) as words
    from product_words
    union all
    select
        product_id,
        lower(brand) as words
    from products
),

all_terms as (
    {{ split_to_rows('all_meanings', ['product_id'], 'words', ' ') }}
),

matched_families as (
    {{ first_rule_by_words('flavour_terms', 'product_id', 'flavour_families', 'flavour_family') }}
),

matched_types as (
    {{ first_rule_by_words('all_terms', 'product_id', 'product_type_rules', 'product_type') }}
),

final as (
    select
        products.product_id,
        products.product_name,
        products.brand,
        products.is_brand_listed,
        flavours.flavour,
        matched_families.flavour_family,
        products.pack_size_g,
        coalesce(matched_types.product_type, '{{ var("default_product_type") }}') as product_type,
        unlisted_words.unlisted_words
    from products
    left join flavours on products.product_id = flavours.product_id
    left join matched_families on products.product_id = matched_families.product_id
    left join matched_types on products.product_id = matched_types.product_id
    left join unlisted_words on products.product_id = unlisted_words.product_id
)

select * from final
