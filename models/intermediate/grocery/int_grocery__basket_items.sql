with

baskets as (
    select * from {{ ref('stg_grocery__baskets') }}
),

spellings as (
    select * from {{ ref('stg_grocery__product_spellings') }}
),

products as (
    select * from {{ ref('int_grocery__products') }}
),

spelled_products as (
    select
        spellings.product_literal,
        products.product_id
    from spellings
    inner join products on spellings.product_key = products.product_key
),

lines as (
    {{ unnest_array('baskets', ['basket_id'], 'product_literals', 'product_literal') }}
),

items as (
    select
        lines.basket_id,
        spelled_products.product_id,
        count(*) as lines
    from lines
    inner join spelled_products on lines.product_literal = spelled_products.product_literal
    group by lines.basket_id, spelled_products.product_id
),

large_baskets as (
    select basket_id
    from items
    group by basket_id
    having count(*) > {{ var('max_basket_items') }}
),

-- The pairs of a basket grow with the square of its size. Of a very large one the products that sell best are mined.
ranked as (
    select
        items.basket_id,
        items.product_id,
        row_number() over (
            partition by items.basket_id order by products.lines desc nulls last, items.product_id nulls last
        ) as product_rank
    from items
    inner join large_baskets on items.basket_id = large_baskets.basket_id
    inner join products on items.product_id = products.product_id
),

final as (
    select
        items.basket_id,
        items.product_id,
        items.lines,
        coalesce(ranked.product_rank <= {{ var('max_basket_items') }}, true) as is_mined
    from items
    left join ranked on items.basket_id = ranked.basket_id and items.product_id = ranked.product_id
)

select * from final
