-- rejected_rows holds as many rows as the reconciliation counts.
select
    reconciliation.dataset,
    reconciliation.source_file,
    reconciliation.rejected_rows,
    coalesce(sum(rejected.row_count), 0) as listed_rows
from {{ ref('row_reconciliation') }} as reconciliation
left join {{ ref('rejected_rows') }} as rejected
    on reconciliation.dataset = rejected.dataset and reconciliation.source_file = rejected.source_file
group by reconciliation.dataset, reconciliation.source_file, reconciliation.rejected_rows
having reconciliation.rejected_rows <> coalesce(sum(rejected.row_count), 0)
