with

raw as (
    select * from {{ ref('marketing_data_dictionary') }}
),

typed as (
    select
        {{ clean_text('Field') }} as column_name,
        {{ clean_text('Description') }} as description,
        {{ text_map(['Field', 'Description']) }} as raw_fields
    from raw
),

compared as (
    select
        *,
        row_number() over (
            partition by lower(column_name)
            order by column_name nulls last, cast(raw_fields as {{ dbt.type_string() }}) nulls last
        ) as field_row,
        count(*) over (partition by lower(column_name)) as field_rows,
        count(*) over (partition by lower(column_name), description) as equal_rows
    from typed
),

judged as (
    select
        *,
        case
            when column_name is null then 'Field is empty'
            when field_rows > equal_rows then 'Field has rows that contradict each other'
            when field_row > 1 then 'Field repeats an earlier row'
        end as rejection_reason
    from compared
),

final as (
    select
        column_name,
        description,
        rejection_reason,
        case when rejection_reason is not null then raw_fields end as raw_fields
    from judged
)

select * from final
