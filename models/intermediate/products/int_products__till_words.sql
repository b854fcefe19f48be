with

products as (
    select * from {{ ref('int_products__till_brands') }}
),

product_words as (
    select * from {{ ref('product_words') }}
),

tokens as (
    {{ split_to_rows('products', ['product_key'], 'words', ' ') }}
),

neighbours as (
    select
        product_key,
        position,
        piece,
        piece || ' ' || lead(piece) over (partition by product_key order by position nulls last) as pair
    from tokens
    where piece <> ''
),

paired as (
    select
        neighbours.product_key,
        neighbours.position,
        neighbours.piece,
        case when pairs.words is not null then neighbours.pair end as listed_pair
    from neighbours
    left join product_words as pairs on neighbours.pair = pairs.words
),

-- A listed pair of words counts as one word, so the second of the two is left out.
words as (
    select
        product_key,
        position,
        coalesce(listed_pair, piece) as word
    from paired
    qualify lag(listed_pair) over (partition by product_key order by position nulls last) is null
),

final as (
    select
        words.product_key,
        words.position,
        words.word,
        product_words.meaning,
        product_words.role
    from words
    left join product_words on words.word = product_words.words
)

select * from final
