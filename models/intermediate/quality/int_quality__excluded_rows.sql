with

staged as (
    {{ union_staging(
        'excluded_rows',
        ['chips', 'mapped'],
        {
            'source_file': dbt.type_string(),
            'exclusion_reason': dbt.type_string(),
            'excluded_rows': 'bigint',
            'excluded_amount': 'decimal(38, 6)',
        }
    ) }}
),

judged_rows as (
    {{ union_staging(
        'judged_rows',
        ['chips', 'shop', 'campaign', 'grocery', 'mapped'],
        {'source_file': dbt.type_string(), 'row_type': dbt.type_string()}
    ) }}
),

sales_lines as (
    select * from {{ ref('sales_lines') }}
),

uncounted_products as (
    select * from {{ ref('int_products__products') }}
    where not is_counted
),

files_of_lines as (
    select distinct
        dataset,
        source_file
    from judged_rows
    where row_type = 'line'
),

uncounted as (
    select
        sales_lines.dataset,
        files_of_lines.source_file,
        'product type that is not counted' as exclusion_reason,
        count(*) as excluded_rows,
        cast(sum(sales_lines.sales_amount) as decimal(38, 6)) as excluded_amount
    from sales_lines
    inner join uncounted_products on sales_lines.product_key = uncounted_products.product_key
    inner join files_of_lines on sales_lines.dataset = files_of_lines.dataset
    group by sales_lines.dataset, files_of_lines.source_file
),

final as (
    select * from staged
    union all
    select * from uncounted
)

select * from final
