with

raw_totals as (
    select * from {{ ref('stg_campaign__raw_totals') }}
),

customers as (
    select * from {{ ref('base_campaign__customers') }}
),

entries as (
    select * from {{ ref('base_campaign__data_dictionary') }}
),

totals as (
    select
        'marketing_data' as source_file,
        count(*) filter (where rejection_reason is null) as accepted_rows,
        count(*) filter (where rejection_reason is not null) as rejected_rows,
        coalesce(sum(file_amount) filter (where rejection_reason is null), 0) as accepted_amount,
        coalesce(sum(file_amount) filter (where rejection_reason is not null), 0) as rejected_amount
    from customers
    union all
    select
        'marketing_data_dictionary' as source_file,
        count(*) filter (where rejection_reason is null) as accepted_rows,
        count(*) filter (where rejection_reason is not null) as rejected_rows,
        null as accepted_amount,
        null as rejected_amount
    from entries
),

final as (
    select
        raw_totals.source_file,
        raw_totals.raw_rows,
        totals.accepted_rows,
        totals.rejected_rows,
        cast(0 as bigint) as excluded_rows,
        cast(0 as bigint) as unmatched_rows,
        cast(raw_totals.raw_amount as decimal(38, 4)) as raw_amount,
        cast(totals.accepted_amount as decimal(38, 4)) as accepted_amount,
        cast(totals.rejected_amount as decimal(38, 4)) as rejected_amount,
        cast(case when totals.accepted_amount is not null then 0 end as decimal(38, 4)) as excluded_amount
    from raw_totals
    inner join totals on raw_totals.source_file = totals.source_file
)

select * from final
