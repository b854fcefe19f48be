{{- config(materialized="table") -}}
with

final as (
    {{ mapped_rows('products', 'attributes') }}
)

select * from final
