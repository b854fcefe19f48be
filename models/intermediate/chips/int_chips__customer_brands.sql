with

sales as (
    select * from {{ ref('int_chips__sales') }}
),

brands as (
    select * from {{ ref('int_chips__product_values') }}
    where attribute = 'brand'
),

final as (
    {{ preferences_for('sales', 'brands') }}
)

select * from final
