with

baskets as (
    select * from {{ ref('stg_grocery__baskets') }}
),

spellings as (
    select * from {{ ref('stg_grocery__product_spellings') }}
),

-- A list says what is in a basket, not when it was bought or what it cost.
lines as (
    {{ unnest_array('baskets', ['basket_id', 'customer_id'], 'product_literals', 'product_literal') }}
),

final as (
    select
        -- keys
        cast(lines.basket_id as {{ dbt.type_string() }}) as receipt_id,
        cast(lines.customer_id as {{ dbt.type_string() }}) as customer_id,
        cast(null as {{ dbt.type_string() }}) as store_id,
        spellings.product_key as product_id,

        -- measures
        1 as units,
        cast(null as decimal(18, 2)) as sales_amount,
        cast(null as decimal(18, 2)) as cost_amount,
        cast(null as decimal(18, 2)) as discount_amount,

        -- dates
        cast(null as timestamp) as sold_at,
        cast(null as date) as receipt_date
    from lines
    inner join spellings on lines.product_literal = spellings.product_literal
)

select * from final
