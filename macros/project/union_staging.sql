{#- A select of the same staging model of every dataset that has one and is built, with `dataset` in front of the given
    {column: type}. Where none of them is built it has no rows. Only the core and the quality models read
    datasets by name. What a segmart.yml maps has the name that stands there, in a column. -#}
{% macro union_staging(what, datasets, columns) -%}
    {%- set enabled = datasets | select('in', enabled_datasets()) | list -%}
    {%- for dataset in enabled %}
    select
        {{ 'dataset' if dataset == 'mapped' else "'" ~ dataset ~ "' as dataset" }},
        {%- for name, type in columns.items() %}
        cast({{ name }} as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('stg_' ~ dataset ~ '__' ~ what) }}
    {{ 'union all' if not loop.last }}
    {%- else %}
    select
        cast(null as {{ dbt.type_string() }}) as dataset,
        {%- for name, type in columns.items() %}
        cast(null as {{ type }}) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    where false
    {%- endfor %}
{%- endmacro %}
