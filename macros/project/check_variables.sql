{#- Stops a build at its beginning if a variable is not what `segmart.variables` says it has to be, or has a name that no
    variable has: they become part of SQL. -#}
{% macro check_variables() %}
    {%- if execute and flags.WHICH in ['build', 'run', 'test', 'seed', 'snapshot', 'retry'] -%}
        {%- set given = invocation_args_dict.get('vars') or {} -%}
        {%- set values = {} -%}
        {%- for name in fromjson(duckdb_query('select variable_names()').rows[0][0]) + given.keys() | list -%}
            {%- set value = var(name) -%}
            {#- YAML reads a day without quotes as one. -#}
            {%- do values.update({name: value.isoformat() if value.isoformat is defined else value}) -%}
        {%- endfor -%}
        {%- set wrong = fromjson(duckdb_query('select wrong_variables(' ~ duckdb_text(tojson(values)) ~ ')').rows[0][0]) -%}
        {%- if wrong -%}
            {{ exceptions.raise_compiler_error(wrong | join(' ')) }}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
