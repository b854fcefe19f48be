with

final as (
    select * from {{ ref('int_chips__customer_brands') }}
    union all
    select * from {{ ref('int_chips__customer_flavours') }}
    union all
    select * from {{ ref('int_chips__customer_pack_sizes') }}
)

select * from final
