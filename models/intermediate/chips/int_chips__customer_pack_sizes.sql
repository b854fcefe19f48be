with

sales as (
    select * from {{ ref('int_chips__sales') }}
),

pack_sizes as (
    select * from {{ ref('int_chips__product_values') }}
    where attribute = 'pack size'
),

final as (
    {{ preferences_for('sales', 'pack_sizes') }}
)

select * from final
