{#- What a function of `segmart.duckdb_functions` answers in JSON; stops the build with what is wrong. -#}
{% macro answer_of(call) %}
    {%- set answer = fromjson(duckdb_query('select ' ~ call).rows[0][0]) -%}
    {%- if 'error' in answer -%}
        {{ exceptions.raise_compiler_error(answer['error']) }}
    {%- endif -%}
    {{ return(answer) }}
{% endmacro %}
