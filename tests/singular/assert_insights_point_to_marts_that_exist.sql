{{- config(enabled=enabled_datasets() | length > 0) -}}
{%- set marts = graph.nodes.values() | selectattr('schema', 'equalto', 'marts') | map(attribute='name') | list if execute else [] -%}
-- An insight without evidence is an opinion.
select
    insight,
    evidence_mart
from {{ ref('insights') }}
where coalesce(evidence_mart, '') not in ({{ sql_texts(marts) }})
