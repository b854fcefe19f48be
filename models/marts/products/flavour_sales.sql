with

totals as (
    select
        *,
        attribute_value as flavour_family
    from {{ ref('int_chips__attribute_sales') }}
    where attribute = 'flavour'
),

final as (
    {{ sales_by('totals', key='flavour_family') }}
)

select * from final
