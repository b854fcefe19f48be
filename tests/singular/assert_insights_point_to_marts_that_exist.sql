{{- config(enabled=enabled_datasets() | length > 0) -}}
{%- set nodes = graph.nodes.values() if execute else [] -%}
{%- set marts = nodes | selectattr('schema', 'equalto', 'marts') | map(attribute='name') | list -%}
-- An insight without evidence is an opinion.
select
    insight,
    evidence_mart
from {{ ref('insights') }}
where coalesce(evidence_mart, '') not in ({{ sql_texts(marts) }})
