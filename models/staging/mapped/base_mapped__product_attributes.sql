{{- config(materialized="table", post_hook="{{ check_mapped_files() }}") -}}
with

final as (
    {{ mapped_rows('products', 'attributes') }}
)

select * from final
