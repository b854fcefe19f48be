with

lines as (
    select * from {{ ref('stg_chips__sales_lines') }}
),

till_names as (
    select
        product_id,
        product_name as till_name,
        count(*) as lines
    from lines
    group by product_id, product_name
),

name_counts as (
    select
        product_id,
        {{ clean_text('till_name') }} as product_name,
        sum(lines) as lines
    from till_names
    group by product_id, {{ clean_text('till_name') }}
),

-- Of several spellings the most frequent counts.
final as (
    select
        product_id,
        product_name
    from name_counts
    qualify row_number() over (
        partition by product_id order by lines desc nulls last, product_name nulls last
    ) = 1
)

select * from final
