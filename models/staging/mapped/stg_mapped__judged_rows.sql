{%- set sales_row = 'receipt' if mapped_columns('sales').product_list else 'line' -%}
with

lines as (
    select * from {{ ref('base_mapped__sales_lines') }}
    -- A basket that is written as a list is one row of the file.
    where list_position = 1
),

products as (
    select * from {{ ref('base_mapped__products') }}
),

customers as (
    select * from {{ ref('base_mapped__customers') }}
),

sales_files as (
    select distinct raw_file from lines
),

-- What is said of products and customers in the files of sales has been judged with the lines.
all_rows as (
    select
        dataset,
        'sales' as source_file,
        '{{ sales_row }}' as row_type,
        cast(sold_at as date) as row_date,
        cast(file_amount as decimal(38, 6)) as file_amount,
        rejection_reason,
        raw_file,
        raw_line,
        raw_fields
    from lines
    union all
    select
        dataset,
        'products' as source_file,
        'product' as row_type,
        cast(null as date) as row_date,
        cast(null as decimal(38, 6)) as file_amount,
        rejection_reason,
        raw_file,
        raw_line,
        raw_fields
    from products
    where raw_file not in (select sales_files.raw_file from sales_files)
    union all
    select
        dataset,
        'customers' as source_file,
        'customer' as row_type,
        cast(null as date) as row_date,
        cast(null as decimal(38, 6)) as file_amount,
        rejection_reason,
        raw_file,
        raw_line,
        raw_fields
    from customers
    where raw_file not in (select sales_files.raw_file from sales_files)
),

final as (
    select
        dataset,
        source_file,
        row_type,
        row_date,
        file_amount,
        rejection_reason,
        case
            when rejection_reason is not null
                then {{ map_with_place(json_as_map('raw_fields'), 'raw_fields', 'raw_file', 'raw_line') }}
        end as raw_fields
    from all_rows
)

select * from final
