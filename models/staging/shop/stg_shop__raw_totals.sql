-- Counted from the raw table alone, without the parsing that it checks.
select
    'shop_customers' as source_file,
    count(*) as raw_rows
from {{ ref('shop_customers') }}
