with

raw_totals as (
    select * from {{ ref('stg_chips__raw_totals') }}
),

transactions as (
    select * from {{ ref('base_chips__transactions') }}
),

customers as (
    select * from {{ ref('base_chips__customers') }}
),

listed_customers as (
    select * from {{ ref('customers') }}
),

sales as (
    select * from {{ ref('int_products__sales_lines') }}
    where dataset = 'chips'
),

counted as (
    select
        count(*) as counted_rows,
        sum(sales_amount) as counted_amount
    from sales
),

unmatched as (
    select count(*) as unmatched_rows
    from transactions
    inner join listed_customers
        on
            listed_customers.dataset = 'chips'
            and cast(transactions.customer_id as {{ dbt.type_string() }}) = listed_customers.customer_id
    where transactions.rejection_reason is null and not listed_customers.is_listed
),

-- A refused line's amount is read from its raw fields: a column for it would be stored for every line.
transaction_totals as (
    select
        'transaction_data' as source_file,
        count(*) filter (where rejection_reason is null) as accepted_rows,
        count(*) filter (where rejection_reason is not null) as rejected_rows,
        cast(
            coalesce(sum(sales_amount) filter (where rejection_reason is null), 0) as decimal(38, 4)
        ) as accepted_amount,
        coalesce(sum({{ rough_amount("raw_fields['TOT_SALES']") }}), 0) as rejected_amount
    from transactions
),

customer_totals as (
    select
        'purchase_behaviour' as source_file,
        count(*) filter (where rejection_reason is null) as accepted_rows,
        count(*) filter (where rejection_reason is not null) as rejected_rows
    from customers
),

final as (
    select
        raw_totals.source_file,
        raw_totals.raw_rows,
        transaction_totals.accepted_rows,
        transaction_totals.rejected_rows,
        transaction_totals.accepted_rows - counted.counted_rows as excluded_rows,
        unmatched.unmatched_rows,
        coalesce(raw_totals.raw_amount, 0) as raw_amount,
        transaction_totals.accepted_amount,
        transaction_totals.rejected_amount,
        transaction_totals.accepted_amount - coalesce(counted.counted_amount, 0) as excluded_amount
    from raw_totals
    inner join transaction_totals on raw_totals.source_file = transaction_totals.source_file
    cross join counted
    cross join unmatched
    union all
    select
        raw_totals.source_file,
        raw_totals.raw_rows,
        customer_totals.accepted_rows,
        customer_totals.rejected_rows,
        cast(0 as bigint) as excluded_rows,
        cast(0 as bigint) as unmatched_rows,
        null as raw_amount,
        null as accepted_amount,
        null as rejected_amount,
        null as excluded_amount
    from raw_totals
    inner join customer_totals on raw_totals.source_file = customer_totals.source_file
)

select * from final
