with

sales as (
    select * from {{ ref('int_chips__sales') }}
),

flavours as (
    select * from {{ ref('int_chips__product_values') }}
    where attribute = 'flavour'
),

final as (
    {{ preferences_for('sales', 'flavours') }}
)

select * from final
