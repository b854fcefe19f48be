{{- config(materialized="by_file") -}}
-- Counted from the raw table alone, without the parsing and the rules on the other side of the reconciliation.
with

transactions as (
    select * from {{ ref('transaction_data') }}
),

final as (
    select
        raw_file,
        count(*) as raw_rows,
        sum({{ rough_amount('"TOT_SALES"') }}) as raw_amount
    from transactions
    group by raw_file
)

select * from final
