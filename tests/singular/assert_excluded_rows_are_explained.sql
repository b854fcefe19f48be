-- Every accepted row and cent that does not count has a reason.
with

explained as (
    select
        dataset,
        source_file,
        sum(excluded_rows) as excluded_rows,
        sum(excluded_amount) as excluded_amount
    from {{ ref('int_quality__excluded_rows') }}
    group by dataset, source_file
)

select
    reconciliation.dataset,
    reconciliation.source_file,
    reconciliation.excluded_rows,
    explained.excluded_rows as explained_rows,
    reconciliation.excluded_amount,
    explained.excluded_amount as explained_amount
from {{ ref('int_quality__reconciliation') }} as reconciliation
left join explained
    on reconciliation.dataset = explained.dataset and reconciliation.source_file = explained.source_file
where
    reconciliation.excluded_rows <> coalesce(explained.excluded_rows, 0)
    or coalesce(reconciliation.excluded_amount, 0) <> coalesce(explained.excluded_amount, 0)
