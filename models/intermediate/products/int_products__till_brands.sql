{%- set pack_size = '(^|[^0-9.])(([0-9]+) ?[xX] ?)?([0-9]+[.]?[0-9]*) ?([kK]?[gG])($|[^a-zA-Z0-9])' %}
with

products as (
    select * from {{ ref('products') }}
    where dataset in ({{ sql_texts(var('till_name_datasets')) or 'null' }})
),

brand_aliases as (
    select * from {{ ref('brand_aliases') }}
),

matched_aliases as (
    select
        products.product_key,
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
    qualify row_number() over (partition by product_key order by alias_length desc nulls last) = 1
),

-- Grams: 175g, 210 G, Ht300g, 1.5kg; the packets of a multipack (6x25g) are multiplied.
pack_sizes as (
    select
        product_key,
        try_cast({{ extract_regex('product_name', pack_size, 3) }} as integer) as packets,
        try_cast({{ extract_regex('product_name', pack_size, 4) }} as decimal(9, 3)) as size_number,
        lower({{ extract_regex('product_name', pack_size, 5) }}) as size_unit
    from products
),

-- The words of a name: without its pack size, glued words (`SeaSalt`, `Cream&Chives`) taken apart.
names_without_brand as (
    select
        product_key,
        coalesce(brand, {{ capitalize("split_part(product_name, ' ', 1)") }}) as brand,
        brand is not null as is_brand_listed,
        {{ replace_regex(
            "trim(substr(product_name, coalesce(alias_length, length(split_part(product_name, ' ', 1))) + 1))",
            pack_size,
            '\\1 \\6'
        ) }} as words
    from longest_aliases
),

separated_names as (
    select
        product_key,
        brand,
        is_brand_listed,
        {{ replace_regex(replace_regex('words', '([a-z])([A-Z])', '\\1 \\2'), '&', ' & ') }} as words
    from names_without_brand
),

final as (
    select
        separated_names.product_key,
        separated_names.brand,
        separated_names.is_brand_listed,
        upper(trim({{ replace_regex('separated_names.words', ' +', ' ') }})) as words,
        nullif(cast(round(
            pack_sizes.size_number
            * case when pack_sizes.size_unit = 'kg' then 1000 else 1 end
            * coalesce(pack_sizes.packets, 1)
        ) as integer), 0) as pack_size_g
    from separated_names
    inner join pack_sizes on separated_names.product_key = pack_sizes.product_key
)

select * from final
