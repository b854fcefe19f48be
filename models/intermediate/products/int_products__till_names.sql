with

products as (
    select * from {{ ref('int_products__till_brands') }}
),

product_words as (
    select * from {{ ref('int_products__till_words') }}
),

rules as (
    select
        'flavour' as rule_type,
        priority,
        flavour_family as result,
        required_words
    from {{ ref('flavour_families') }}
    union all
    select
        'type' as rule_type,
        priority,
        product_type as result,
        required_words
    from {{ ref('product_type_rules') }}
),

-- Connectives stand only between two words of the flavour: `Corn Chips & Salsa` is no `& Salsa`.
flavour_words as (
    select
        product_key,
        position,
        meaning
    from product_words
    where role in ('flavour', 'connective')
    qualify
        role = 'flavour'
        or (
            lag(role) over (partition by product_key order by position nulls last) = 'flavour'
            and lead(role) over (partition by product_key order by position nulls last) = 'flavour'
        )
),

flavours as (
    select
        product_key,
        {{ join_in_order('meaning', 'position', ' ') }} as flavour
    from flavour_words
    group by product_key
),

unlisted_words as (
    select
        product_key,
        {{ join_in_order('word', 'position', ' ') }} as unlisted_words
    from product_words
    where role is null
    group by product_key
),

-- A family follows from the words of the flavour, a type from all words and the brand.
texts as (
    select
        product_key,
        'flavour' as rule_type,
        lower(flavour) as words
    from flavours
    union all
    select
        product_key,
        'type' as rule_type,
        lower(coalesce(meaning, word)) as words
    from product_words
    union all
    select
        product_key,
        'type' as rule_type,
        lower(brand) as words
    from products
),

terms as (
    {{ split_to_rows('texts', ['product_key', 'rule_type'], 'words', ' ') }}
),

distinct_terms as (
    select distinct
        product_key,
        rule_type,
        piece
    from terms
),

required_terms as (
    {{ split_to_rows('rules', ['rule_type', 'priority', 'result', 'required_words'], 'lower(required_words)', ' ') }}
),

-- Of the rules whose words all stand in the name, the one with the lowest priority number.
matched_rules as (
    select
        distinct_terms.product_key,
        distinct_terms.rule_type,
        required_terms.result
    from distinct_terms
    inner join required_terms
        on distinct_terms.rule_type = required_terms.rule_type and distinct_terms.piece = required_terms.piece
    group by
        distinct_terms.product_key, distinct_terms.rule_type, required_terms.result, required_terms.priority,
        required_terms.required_words
    having
        count(*) = length(required_terms.required_words) - length(replace(required_terms.required_words, ' ', '')) + 1
    qualify row_number() over (
        partition by distinct_terms.product_key, distinct_terms.rule_type
        order by required_terms.priority nulls last
    ) = 1
),

final as (
    select
        products.product_key,
        products.brand,
        products.is_brand_listed,
        flavours.flavour,
        flavour_rules.result as flavour_family,
        products.pack_size_g,
        coalesce(type_rules.result, '{{ var("default_product_type") }}') as product_type,
        unlisted_words.unlisted_words
    from products
    left join flavours on products.product_key = flavours.product_key
    left join matched_rules as flavour_rules
        on products.product_key = flavour_rules.product_key and flavour_rules.rule_type = 'flavour'
    left join matched_rules as type_rules
        on products.product_key = type_rules.product_key and type_rules.rule_type = 'type'
    left join unlisted_words on products.product_key = unlisted_words.product_key
)

select * from final
