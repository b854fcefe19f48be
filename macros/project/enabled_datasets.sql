{#- The datasets that are built: the names in the environment variable SEGMART_DATASETS, or all that the project knows
    but `mapped`, the one of a segmart.yml, which has to be asked for. A name that it
    does not know stops dbt while it reads the project, so that no build leaves out what somebody misspelt. -#}
{% macro enabled_datasets() -%}
    {%- set known = var('datasets') -%}
    {%- set named = env_var('SEGMART_DATASETS', known | reject('equalto', 'mapped') | join(' ')).split() -%}
    {%- for dataset in named if dataset not in known -%}
        {{ exceptions.raise_compiler_error(
            'SEGMART_DATASETS names ' ~ dataset ~ ', which is no dataset. It may name ' ~ known | join(', ')
            ~ ', with blanks between them'
        ) }}
    {%- endfor -%}
    {{ return(named) }}
{%- endmacro %}
