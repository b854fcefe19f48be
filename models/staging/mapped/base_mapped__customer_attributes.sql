{{- config(materialized="table") -}}
with

final as (
    {{ mapped_rows('customers', 'attributes') }}
)

select * from final
