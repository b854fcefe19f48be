with

raw as (
    select * from {{ ref('product_mapping') }}
),

typed as (
    select
        {{ clean_text('product_name') }} as product_name,
        lower({{ clean_text('category') }}) as category,
        {{ text_map(['product_name', 'category']) }} as raw_fields
    from raw
),

compared as (
    select
        *,
        row_number() over (
            partition by lower(product_name)
            order by product_name nulls last, cast(raw_fields as {{ dbt.type_string() }}) nulls last
        ) as product_row,
        count(*) over (partition by lower(product_name)) as product_rows,
        count(*) over (partition by lower(product_name), category) as equal_rows
    from typed
),

judged as (
    select
        *,
        case
            when product_name is null then 'product_name is empty'
            when category is null then 'category is empty'
            when product_rows > equal_rows then 'product_name has rows that contradict each other'
            when product_row > 1 then 'product_name repeats an earlier row'
        end as rejection_reason
    from compared
),

final as (
    select
        product_name,
        category,
        rejection_reason,
        case when rejection_reason is not null then raw_fields end as raw_fields
    from judged
)

select * from final
