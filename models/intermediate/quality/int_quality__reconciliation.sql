with

raw_totals as (
    {{ union_staging(
        'raw_totals',
        ['chips', 'shop', 'campaign', 'grocery', 'mapped'],
        {'source_file': dbt.type_string(), 'raw_rows': 'bigint', 'raw_amount': 'decimal(38, 6)'}
    ) }}
),

judged_rows as (
    {{ union_staging(
        'judged_rows',
        ['chips', 'shop', 'campaign', 'grocery', 'mapped'],
        {
            'source_file': dbt.type_string(),
            'row_type': dbt.type_string(),
            'file_amount': 'decimal(38, 6)',
            'rejection_reason': dbt.type_string(),
        }
    ) }}
),

sales_lines as (
    select * from {{ ref('sales_lines') }}
),

customers as (
    select * from {{ ref('customers') }}
),

products as (
    select * from {{ ref('int_products__products') }}
    where is_counted
),

excluded_rows as (
    select * from {{ ref('int_quality__excluded_rows') }}
),

judged as (
    select
        dataset,
        source_file,
        row_type,
        count(*) filter (where rejection_reason is null) as accepted_rows,
        count(*) filter (where rejection_reason is not null) as rejected_rows,
        coalesce(sum(file_amount) filter (where rejection_reason is null), 0) as accepted_amount,
        coalesce(sum(file_amount) filter (where rejection_reason is not null), 0) as rejected_amount
    from judged_rows
    group by dataset, source_file, row_type
),

counted as (
    select
        sales_lines.dataset,
        'line' as row_type,
        count(*) as counted_rows,
        sum(sales_lines.sales_amount) as counted_amount
    from sales_lines
    inner join products on sales_lines.product_key = products.product_key
    group by sales_lines.dataset
),

-- Of receipts with a list of products nobody can count the lines that are missing.
excluded_receipts as (
    select
        dataset,
        source_file,
        cast(sum(excluded_rows) as bigint) as excluded_rows
    from excluded_rows
    group by dataset, source_file
),

-- Where no file lists customers, none is missing from it.
listing_datasets as (
    select distinct dataset from customers
    where is_listed
),

-- A row of a sales file is a line, or a whole receipt with its list.
unlisted as (
    select
        sales_lines.dataset,
        count(*) as unmatched_lines,
        count(distinct sales_lines.receipt_id) as unmatched_receipts
    from sales_lines
    inner join customers on sales_lines.customer_key = customers.customer_key
    inner join listing_datasets on sales_lines.dataset = listing_datasets.dataset
    where not customers.is_listed
    group by sales_lines.dataset
),

final as (
    select
        raw_totals.dataset,
        raw_totals.source_file,
        raw_totals.raw_rows,
        coalesce(judged.accepted_rows, 0) as accepted_rows,
        coalesce(judged.rejected_rows, 0) as rejected_rows,
        case
            when judged.row_type = 'line' then judged.accepted_rows - coalesce(counted.counted_rows, 0)
            when judged.row_type = 'receipt' then coalesce(excluded_receipts.excluded_rows, 0)
            else 0
        end as excluded_rows,
        case
            when judged.row_type = 'line' then coalesce(unlisted.unmatched_lines, 0)
            when judged.row_type = 'receipt' then coalesce(unlisted.unmatched_receipts, 0)
            else 0
        end as unmatched_rows,
        raw_totals.raw_amount,
        case when raw_totals.raw_amount is not null then coalesce(judged.accepted_amount, 0) end as accepted_amount,
        case when raw_totals.raw_amount is not null then coalesce(judged.rejected_amount, 0) end as rejected_amount,
        case
            when raw_totals.raw_amount is null then null
            when judged.row_type = 'line' then judged.accepted_amount - coalesce(counted.counted_amount, 0)
            else 0
        end as excluded_amount
    from raw_totals
    left join judged on raw_totals.dataset = judged.dataset and raw_totals.source_file = judged.source_file
    left join counted on judged.dataset = counted.dataset and judged.row_type = counted.row_type
    left join unlisted on judged.dataset = unlisted.dataset
    left join excluded_receipts
        on judged.dataset = excluded_receipts.dataset and judged.source_file = excluded_receipts.source_file
)

select * from final
