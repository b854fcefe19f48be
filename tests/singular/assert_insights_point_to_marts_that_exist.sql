-- An insight without evidence is an opinion.
select
    insight,
    evidence_mart
from {{ ref('insights') }}
where
    evidence_mart not in (
        select table_name from information_schema.tables where table_schema = 'marts'
    )
    or insight is null
    or recommended_action is null
