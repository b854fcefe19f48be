{{- config(materialized="table", post_hook="{{ check_mapped_files() }}") -}}
with

final as (
    {{ mapped_rows('customers', 'attributes') }}
)

select * from final
