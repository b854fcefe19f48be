{#- Names of the analyses whose dataset is built: of all, or of those that have an entry in another variable, such as `imputations`. -#}
{% macro enabled_analyses(with_entry_in='analyses') -%}
    {%- set enabled = [] -%}
    {%- for name in var(with_entry_in) if var('analyses')[name]['dataset'] in enabled_datasets() -%}
        {%- do enabled.append(name) -%}
    {%- endfor -%}
    {{ return(enabled) }}
{%- endmacro %}


{#- Name of an analysis' intermediate model, such as int_shop__customer_scores. -#}
{% macro analysis_model(analysis, what) -%}
    {%- set settings = var('analyses')[analysis] -%}
    {{ return('int_' ~ settings['dataset'] ~ '__' ~ settings['unit'] ~ '_' ~ what) }}
{%- endmacro %}


{#- A select of the same model of all analyses that are built, with `dataset` and `analysis` in front: of their intermediate
    model, or of what their Python model `fitted`. -#}
{% macro union_analyses(what, fitted=false, with_entry_in='analyses') -%}
    {%- for analysis in enabled_analyses(with_entry_in) %}
    select
        '{{ var("analyses")[analysis]["dataset"] }}' as dataset,
        '{{ analysis }}' as analysis,
        *
    from {{ ref(analysis ~ '_' ~ what if fitted else analysis_model(analysis, what)) }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
