{{- config(materialized="table", post_hook="{{ check_mapped_files() }}") -}}
-- Counted from the files, without the rules that it checks.
with

lines as (
    {{ mapped_rows('sales') }}
),

products as (
    {{ mapped_rows('products') }}
),

customers as (
    {{ mapped_rows('customers') }}
),

sales_files as (
    select distinct raw_file from lines
),

final as (
    select
        dataset,
        'sales' as source_file,
        count(*) as raw_rows,
        -- Null where the files hold no amounts.
        sum(cast(sales_amount_value as decimal(38, 6))) filter (where raw_problem is null) as raw_amount
    from lines
    where list_position = 1
    group by dataset
    union all
    select
        dataset,
        'products' as source_file,
        count(*) as raw_rows,
        cast(null as decimal(38, 6)) as raw_amount
    from products
    where raw_file not in (select sales_files.raw_file from sales_files)
    group by dataset
    union all
    select
        dataset,
        'customers' as source_file,
        count(*) as raw_rows,
        cast(null as decimal(38, 6)) as raw_amount
    from customers
    where raw_file not in (select sales_files.raw_file from sales_files)
    group by dataset
)

select * from final
