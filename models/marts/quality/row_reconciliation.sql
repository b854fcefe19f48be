with

reconciliations as (
    select * from {{ ref('int_quality__reconciliation') }}
),

final as (
    select
        dataset,
        source_file,
        raw_rows,
        accepted_rows,
        rejected_rows,
        excluded_rows,
        unmatched_rows,
        cast(raw_amount as decimal(38, 6)) as raw_amount,
        cast(accepted_amount as decimal(38, 6)) as accepted_amount,
        cast(rejected_amount as decimal(38, 6)) as rejected_amount,
        cast(excluded_amount as decimal(38, 6)) as excluded_amount,
        raw_rows = accepted_rows + rejected_rows
        and coalesce(raw_amount = accepted_amount + rejected_amount, true) as is_reconciled
    from reconciliations
)

select * from final
