{{- config(materialized="table", post_hook="{{ check_mapped_files() }}") -}}
{%- set column = mapped_columns('customers') -%}

with

raw as (
    {{ mapped_rows('customers') }}
),

-- Rows of a customer are ordered by what they say, never by their place in the file.
ranked as (
    select
        *,
        row_number() over (
            partition by customer_id
            order by cast(attributes as {{ dbt.type_string() }}) nulls last, raw_fields nulls last
        ) as customer_row,
        min(raw_fields) over (partition by customer_id)
        = max(raw_fields) over (partition by customer_id) as is_repeated
    from raw
),

final as (
    select
        dataset,
        customer_id,
        raw_file,
        raw_line,
        raw_fields,
        case
            when raw_problem is not null then 'row ' || raw_problem
            when customer_id is null then '{{ column.customer_id }} is empty'
            when customer_row > 1 and is_repeated then '{{ column.customer_id }} repeats another row'
            when customer_row > 1 then '{{ column.customer_id }} has another row that says something else'
        end as rejection_reason
    from ranked
)

select * from final
