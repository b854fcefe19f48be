{#-
  Rows of a query of DuckDB, which reads and judges raw files and publishes on every engine: the build's own database, or that of Spark's
  driver.
-#}
{% macro duckdb_query(sql) %}
    {{ return(adapter.dispatch('duckdb_query')(sql)) }}
{% endmacro %}

{% macro duckdb__duckdb_query(sql) %}
    {{ return(run_query(sql)) }}
{% endmacro %}

{% macro spark__duckdb_query(sql) %}
    {{ return(adapter.duckdb_query(sql)) }}
{% endmacro %}


{#- A script of DuckDB as a hook: SQL that dbt runs, or nothing once Spark's driver has run it. -#}
{% macro duckdb_hook(script) %}
    {{ return(adapter.dispatch('duckdb_hook')(script)) }}
{% endmacro %}

{% macro duckdb__duckdb_hook(script) %}
    {{ return(script) }}
{% endmacro %}

{% macro spark__duckdb_hook(script) %}
    {%- if execute and script.strip() -%}
        {%- do adapter.duckdb_query(script) -%}
    {%- endif -%}
{% endmacro %}


{#- Rows of a query of DuckDB as a relation: the query itself, or a table of Spark of this name, which the driver writes once in a run. -#}
{% macro duckdb_rows(name, query) %}
    {{ return(adapter.dispatch('duckdb_rows')(name, query)) }}
{% endmacro %}

{% macro duckdb__duckdb_rows(name, query) %}
    {{ return('(' ~ query ~ ') as ' ~ name) }}
{% endmacro %}

{% macro spark__duckdb_rows(name, query) %}
    {%- set relation = source('loading', 'raw_files').incorporate(path={'identifier': name}) -%}
    {%- do adapter.load_rows_once(relation, query) -%}
    {{ return(relation.render()) }}
{% endmacro %}


{#- Lets DuckDB read the marts: its own tables, or views of Spark's driver over the Parquet files of tables of Spark. -#}
{% macro show_marts(marts) %}
    {{ return(adapter.dispatch('show_marts')(marts)) }}
{% endmacro %}

{% macro duckdb__show_marts(marts) %}
{% endmacro %}

{% macro spark__show_marts(marts) %}
    {%- set relations = [] -%}
    {%- for mart in marts -%}
        {%- set type = 'view' if mart.config.materialized == 'view' else 'table' -%}
        {%- do relations.append(api.Relation.create(schema=mart.schema, identifier=mart.alias, type=type)) -%}
    {%- endfor -%}
    {%- do adapter.show_in_duckdb(relations) -%}
{% endmacro %}


{#- A text as DuckDB writes it, for its queries and scripts on any engine. -#}
{% macro duckdb_text(value) -%}
    {{ return("'" ~ value | replace("'", "''") ~ "'") }}
{%- endmacro %}
