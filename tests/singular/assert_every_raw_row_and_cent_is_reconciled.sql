-- Raw rows and money equal accepted plus refused ones, for every file.
select *
from {{ ref('row_reconciliation') }}
where not is_reconciled
