{{- config(enabled='mapped' in enabled_datasets()) -}}
-- A mapping that is wrong refuses many rows, and what is left would mislead: above max_rejected_share nothing is published.
{%- set limit = mapped_setting('max_rejected_share') %}

with

reconciliation as (
    select * from {{ ref('int_quality__reconciliation') }}
),

reasons as (
    select
        dataset,
        source_file,
        rejection_reason,
        count(*) as refused_rows,
        max(left(rejected_value, 40)) as example
    from {{ ref('int_quality__rejected_rows') }}
    group by dataset, source_file, rejection_reason
),

commonest as (
    select
        dataset,
        source_file,
        {{ join_in_order(
            "refused_rows || ' times ' || rejection_reason || coalesce(' (such as ' || example || ')', '')",
            '-refused_rows', '; '
        ) }} as reasons
    from reasons
    group by dataset, source_file
),

refused as (
    select
        reconciliation.dataset,
        reconciliation.source_file,
        reconciliation.rejected_rows,
        reconciliation.raw_rows,
        commonest.reasons
    from reconciliation
    inner join commonest
        on reconciliation.dataset = commonest.dataset and reconciliation.source_file = commonest.source_file
    where
        reconciliation.source_file in ('sales', 'products', 'customers')
        and (
            reconciliation.rejected_rows > {{ limit or 1 }} * reconciliation.raw_rows
            or reconciliation.rejected_amount > {{ limit or 1 }} * reconciliation.raw_amount
        )
)

-- In the condition, because dbt counts the rows of a test and reads none of its columns.
select *
from refused
where {{ raise_in_sql(
    "rejected_rows || ' of ' || raw_rows || ' rows of ' || source_file || ' are refused, more than max_rejected_share allows: '"
    ~ " || reasons || '. Correct the segmart.yml, or raise max_rejected_share in its settings'"
) }} is null
