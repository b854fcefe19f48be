with

products as (
    select
        product_id,
        {{ separated_words('name_without_brand') }} as words
    from {{ ref('int_chips__product_brands') }}
),

product_words as (
    select * from {{ ref('product_words') }}
),

tokens as (
    {{ split_to_rows('products', ['product_id'], 'words', ' ') }}
),

neighbours as (
    select
        product_id,
        position,
        piece,
        piece || ' ' || lead(piece) over (partition by product_id order by position nulls last) as pair
    from tokens
    where piece <> ''
),

paired as (
    select
        neighbours.product_id,
        neighbours.position,
        neighbours.piece,
        case when pairs.words is not null then neighbours.pair end as listed_pair
    from neighbours
    left join product_words as pairs on neighbours.pair = pairs.words
),

-- A listed pair of words counts as one word, so the second of the two is left out.
words as (
    select
        product_id,
        position,
        coalesce(listed_pair, piece) as word
    from paired
    qualify lag(listed_pair) over (partition by product_id order by position nulls last) is null
),

final as (
    select
        words.product_id,
        words.position,
        words.word,
        product_words.meaning,
        product_words.role
    from words
    left join product_words on words.word = product_words.words
)

select * from final
