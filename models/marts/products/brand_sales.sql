with

totals as (
    select
        *,
        attribute_value as brand
    from {{ ref('int_chips__attribute_sales') }}
    where attribute = 'brand'
),

final as (
    {{ sales_by('totals', key='brand') }}
)

select * from final
