with

raw_totals as (
    select * from {{ ref('stg_shop__raw_totals') }}
),

customers as (
    select * from {{ ref('base_shop__customers') }}
),

totals as (
    select
        'shop_customers' as source_file,
        count(*) filter (where rejection_reason is null) as accepted_rows,
        count(*) filter (where rejection_reason is not null) as rejected_rows
    from customers
),

final as (
    select
        raw_totals.source_file,
        raw_totals.raw_rows,
        totals.accepted_rows,
        totals.rejected_rows,
        cast(0 as bigint) as excluded_rows,
        cast(0 as bigint) as unmatched_rows,
        cast(null as decimal(38, 4)) as raw_amount,
        cast(null as decimal(38, 4)) as accepted_amount,
        cast(null as decimal(38, 4)) as rejected_amount,
        cast(null as decimal(38, 4)) as excluded_amount
    from raw_totals
    inner join totals on raw_totals.source_file = totals.source_file
)

select * from final
