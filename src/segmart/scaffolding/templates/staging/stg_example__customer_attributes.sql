with

customers as (
    select * from {{ ref('stg_example__customers') }}
),

final as (
    {{ attribute_rows('customers', texts=['region'], numbers=['age']) }}
)

select * from final
