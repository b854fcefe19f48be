{{- config(materialized="table") }}
{%- set raw_columns = ['customer_id', 'age', 'region'] -%}

with

raw as (
    select * from {{ ref('example_customers') }}
),

-- The names differ from those of the raw columns, which are text, until the end.
typed as (
    select
        {{ trim_text('customer_id') }} as clean_customer_id,
        {{ to_plausible_integer('age') }} as clean_age,
        coalesce({{ clean_text('region') }}, 'Unknown') as clean_region,
        {{ text_map(raw_columns) }} as raw_fields
    from raw
),

compared as (
    select
        *,
        row_number() over (
            partition by clean_customer_id order by cast(raw_fields as {{ dbt.type_string() }}) nulls last
        ) as id_row,
        count(*) over (partition by clean_customer_id) as id_rows,
        count(*) over (partition by clean_customer_id, clean_age, clean_region) as equal_rows
    from typed
),

judged as (
    select
        *,
        case
            when clean_customer_id is null then 'customer_id is empty'
            when id_rows > equal_rows then 'customer_id has rows that contradict each other'
            when id_row > 1 then 'customer_id repeats an earlier row'
            when clean_age is null then 'age is not a whole number'
        end as rejection_reason
    from compared
),

final as (
    select
        clean_customer_id as customer_id,
        clean_age as age,
        clean_region as region,
        rejection_reason,
        case when rejection_reason is not null then raw_fields end as raw_fields
    from judged
)

select * from final
