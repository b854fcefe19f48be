{#- A select of the models of all datasets that are built, one below the other, with a column `dataset` in front. Where none of them is
    built, a select of no rows with the given text columns. -#}
{% macro union_datasets(models, columns=[]) -%}
    {%- set enabled = models.items() | selectattr(0, 'in', enabled_datasets()) | list -%}
    {%- if not enabled %}
    select
        {%- for column in ['dataset'] + columns %}
        cast(null as {{ dbt.type_string() }}) as {{ column }}
        {{- ',' if not loop.last }}
        {%- endfor %}
    where false
    {%- endif %}
    {%- for dataset, model in enabled %}
    select
        '{{ dataset }}' as dataset,
        *
    from {{ ref(model) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
