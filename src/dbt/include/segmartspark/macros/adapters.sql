{#- A Python model is run as it is: the adapter writes its result. -#}
{% macro segmartspark__create_table_as(temporary, relation, compiled_code, language='sql') -%}
    {{ compiled_code if language == 'python' else spark__create_table_as(temporary, relation, compiled_code, language) }}
{%- endmacro %}


{#- Tables of Parquet can't enforce a contract: its names and their order are kept here, its types and what is never missing where the marts
    are published. -#}
{% macro segmartspark__get_assert_columns_equivalent(sql) -%}
{%- endmacro %}


{% macro segmartspark__persist_constraints(relation, model) -%}
{%- endmacro %}
