{{- config(enabled=enabled_datasets() | length > 0) -}}
-- An insight without evidence is an opinion.
select
    insights.insight,
    insights.evidence_mart
from {{ ref('insights') }} as insights
left join information_schema.tables as marts
    on insights.evidence_mart = marts.table_name and marts.table_schema = 'marts'
where marts.table_name is null
