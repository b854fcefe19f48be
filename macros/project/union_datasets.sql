{#- A select of the models of all datasets that are built, one below the other, with a column `dataset` in front. -#}
{% macro union_datasets(models) -%}
    {%- set enabled = models.items() | selectattr(0, 'in', var('datasets')) | list -%}
    {%- for dataset, model in enabled %}
    select
        '{{ dataset }}' as dataset,
        *
    from {{ ref(model) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
