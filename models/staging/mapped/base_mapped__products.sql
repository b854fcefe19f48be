{{- config(materialized="table", post_hook="{{ check_mapped_files() }}") -}}
{%- set column = mapped_columns('products') -%}
{%- set product = column.product_id or column.product_name -%}

with

raw as (
    {{ mapped_rows('products') }}
),

identified as (
    select
        *,
        coalesce(product_id, product_name) as known_product_id
    from raw
),

-- Rows of a product are ordered by what they say, never by their place in the file.
ranked as (
    select
        *,
        row_number() over (
            partition by known_product_id
            order by
                product_name nulls last, cast(attributes as {{ dbt.type_string() }}) nulls last,
                raw_fields nulls last
        ) as product_row,
        min(raw_fields) over (partition by known_product_id)
        = max(raw_fields) over (partition by known_product_id) as is_repeated
    from identified
),

final as (
    select
        dataset,
        known_product_id as product_id,
        product_name,
        raw_file,
        raw_line,
        raw_fields,
        case
            when raw_problem is not null then 'row ' || raw_problem
            when known_product_id is null then '{{ product }} is empty'
            when product_row > 1 and is_repeated then '{{ product }} repeats another row'
            when product_row > 1 then '{{ product }} has another row that says something else'
        end as rejection_reason
    from ranked
)

select * from final
