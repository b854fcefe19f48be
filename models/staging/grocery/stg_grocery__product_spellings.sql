with

baskets as (
    select * from {{ ref('stg_grocery__baskets') }}
),

lines as (
    {{ unnest_array('baskets', ['basket_id'], 'product_literals', 'product_literal') }}
),

spellings as (
    select
        product_literal,
        count(*) as lines
    from lines
    group by product_literal
),

unquoted as (
    select
        *,
        {{ unquote_literal('product_literal') }} as stated_name
    from spellings
),

final as (
    select
        product_literal,
        {{ clean_text('stated_name') }} as product_name,
        lower({{ clean_text('stated_name') }}) as product_key,
        lines
    from unquoted
)

select * from final
