{#- What is left of a basket that is written as a list counts, so the basket is not left out with its services. -#}
{%- set is_list = mapped_columns('sales').product_list -%}
with

lines as (
    select * from {{ ref('base_mapped__sales_lines') }}
    -- A basket that is written as a list is one row of the file.
    where rejection_reason is null and list_position = 1
),

reasons as (
    select
        dataset,
        case
            when is_later then 'later than as_of_date'
            when not {{ 'true' if is_list else 'is_goods' }} then 'no goods'
            else 'rounding to the cent'
        end as exclusion_reason,
        is_later or not {{ 'true' if is_list else 'is_goods' }} as is_excluded,
        cast(file_amount as decimal(38, 6)) as file_amount,
        sales_amount
    from lines
),

-- Of a line that counts, what was rounded off is all that is left out.
final as (
    select
        dataset,
        'sales' as source_file,
        exclusion_reason,
        count(*) filter (where is_excluded) as excluded_rows,
        cast(sum(case when is_excluded then file_amount else file_amount - sales_amount end) as decimal(38, 6))
            as excluded_amount
    from reasons
    group by dataset, exclusion_reason
    having count(*) filter (where is_excluded or file_amount <> sales_amount) > 0
)

select * from final
