{#-
  Replaces a table by one statement in one transaction. dbt-duckdb's own form creates it under another name, renames the
  old one and the new one, and drops the old one, which databases without transactional DDL need; in DuckDB it is a
  third of a small model's time and shows readers nothing else.
-#}
{% materialization table, adapter='duckdb', supported_languages=['sql', 'python'] %}
    {%- set existing_relation = load_cached_relation(this) -%}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set language = model['language'] -%}

    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {%- do drop_if_other_type(existing_relation, 'table') -%}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}

    {% call statement('main', language=language) -%}
        {{ replace_table_sql(target_relation, compiled_code) if language == 'sql'
            else replace_table_python(target_relation, compiled_code) }}
    {%- endcall %}
    {% do create_indexes(target_relation) %}
    {% do apply_grants(target_relation, config.get('grants'), should_revoke(existing_relation, full_refresh_mode=True)) %}
    {% do persist_docs(target_relation, model) %}

    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {{ adapter.commit() }}
    {{ run_hooks(post_hooks, inside_transaction=False) }}

    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}


{% macro replace_table_sql(relation, compiled_code) %}
    {%- set is_contracted = config.get('contract').enforced -%}
    {%- if is_contracted %}{{ get_assert_columns_equivalent(compiled_code) }}{% endif %}
    create or replace table {{ relation }}
    {%- if is_contracted %}
    {{ get_table_columns_and_constraints() }};
    insert into {{ relation }} {{ get_column_names() }}
    {{ get_select_subquery(compiled_code) }};
    {%- else %} as
    {{ compiled_code }};
    {%- endif %}
{% endmacro %}


{#- dbt-duckdb appends to a Python model the function that writes what it returns. -#}
{% macro replace_table_python(relation, compiled_code) %}
    {{- py_write_table(false, relation, compiled_code) | replace('create table ' ~ relation, 'create or replace table ' ~ relation) }}
{% endmacro %}


{% macro drop_if_other_type(existing_relation, type) %}
    {%- if existing_relation is not none and existing_relation.type != type -%}
        {%- do adapter.drop_relation(existing_relation) -%}
    {%- endif -%}
{% endmacro %}


{#- dbt asks the database for the columns of the query and of the contract. Where they are written alike, the contract's
    own words will do; dbt finds out what is wrong otherwise, if anything is. -#}
{% macro duckdb__get_assert_columns_equivalent(sql) %}
    {%- set promised = [] -%}
    {%- for column in model['columns'].values() -%}
        {%- set type = column['data_type'] | lower | replace(' ', '') | replace('text', 'varchar') -%}
        {%- do promised.append(column['name'] ~ ' ' ~ type) -%}
    {%- endfor -%}
    {%- set found = [] -%}
    {%- for column in get_column_schema_from_query(sql, config.get('sql_header')) -%}
        {%- do found.append(column.column ~ ' ' ~ column.dtype | lower | replace(' ', '')) -%}
    {%- endfor -%}
    {%- if promised | sort != found | sort -%}
        {{ return(assert_columns_equivalent(sql)) }}
    {%- endif -%}
{% endmacro %}
