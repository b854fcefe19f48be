with

customers as (
    select * from {{ ref('stg_chips__customers') }}
),

final as (
    {{ attribute_rows('customers', texts=['lifestage', 'premium_tier']) }}
)

select * from final
