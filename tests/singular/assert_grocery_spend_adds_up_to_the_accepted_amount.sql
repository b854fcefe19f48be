{{- config(enabled='grocery' in enabled_datasets()) -}}
-- Imputed amounts describe customers, but are no money: the segments' spend is to the cent what the accepted rows hold.
with

accepted as (
    select accepted_amount
    from {{ ref('row_reconciliation') }}
    where dataset = 'grocery' and source_file = 'customer_info'
),

spent as (
    select sum(spend_amount) as spend_amount
    from {{ ref('spend_by_segment_category') }}
    where dataset = 'grocery'
)

select
    accepted.accepted_amount,
    spent.spend_amount
from accepted
full outer join spent on accepted.accepted_amount = spent.spend_amount
where accepted.accepted_amount is null or spent.spend_amount is null
