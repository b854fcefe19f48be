-- Counted from the raw table alone, without the parsing that it checks.
select
    'example_customers' as source_file,
    count(*) as raw_rows,
    cast(null as decimal(38, 6)) as raw_amount
from {{ ref('example_customers') }}
