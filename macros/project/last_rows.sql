{#- Rows of a model as the last build left them, for what has to change little from build to build. They are read by the name of the
    table, because a ref would be a circle; whoever reads them has to be built before the model. There are none in a new database, after
    `--full-refresh`, and of a version of the model without these columns. -#}
{% macro last_rows(model_name, columns) -%}
    {%- set relation = none -%}
    {%- if execute and not flags.FULL_REFRESH -%}
        {%- set node = graph.nodes.values() | selectattr('name', 'equalto', model_name) | first -%}
        {%- set found = adapter.get_relation(node.database, node.schema, node.alias) -%}
        {%- if found -%}
            {%- set names = adapter.get_columns_in_relation(found) | map(attribute='name') | list -%}
            {%- if columns.keys() | reject('in', names) | list == [] -%}
                {%- set relation = found -%}
            {%- endif -%}
        {%- endif -%}
    {%- endif -%}
    select
        {%- for column, type in columns.items() %}
        cast({{ column if relation else 'null' }} as {{ type }}) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    {%- if relation %}
    from {{ relation }}
    {%- else %}
    where false
    {%- endif %}
{%- endmacro %}
