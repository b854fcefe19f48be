with

totals as (
    select
        *,
        attribute_value as pack_size,
        cast(split_part(nullif(attribute_value, 'Not stated'), ' ', 1) as integer) as pack_size_g
    from {{ ref('int_chips__attribute_sales') }}
    where attribute = 'pack size'
),

final as (
    {{ sales_by('totals', key='pack_size', attributes=['pack_size_g']) }}
)

select * from final
