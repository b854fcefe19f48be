{#- What the segmart.yml of the data directory says, or that of the sample: {dataset, settings, columns, rows, attributes}; see
    `segmart.loading.mapped`. -#}
{% macro mapped_files() %}
    {%- set data = duckdb_text(env_var('SEGMART_DATA', '') or 'seeds/sample/general') -%}
    {{ return(answer_of('mapped_tables(' ~ data ~ ', ' ~ duckdb_text(invocation_id) ~ ')')) }}
{% endmacro %}


{#- A select of the rows of a part of the mapped files (sales, products or customers), or of their `attributes`, with `dataset` in front. -#}
{% macro mapped_rows(part, what='rows') -%}
    {%- if execute -%}
        {%- set mapped = mapped_files() -%}
        select
            {{ sql_text(mapped['dataset']) }} as dataset,
            *
        from {{ duckdb_rows(part ~ '_' ~ what, mapped[what][part]) }}
    {%- else -%}
        select 1 as dataset
    {%- endif -%}
{%- endmacro %}


{#- Role -> what the user calls the column, as SQL text. -#}
{% macro mapped_columns(part) %}
    {%- set columns = {} -%}
    {%- if execute -%}
        {%- for role, name in mapped_files()['columns'][part].items() -%}
            {%- do columns.update({role: sql_text(name)[1:-1]}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(columns) }}
{% endmacro %}


{#- Writes down which files the mapped lines were made from, and stops if one of them has changed since it was looked at. -#}
{% macro remember_mapped_files() %}
    {%- if execute -%}
        {%- do remember_raw_files('mapped', mapped_files()['files']) -%}
    {%- endif -%}
{% endmacro %}


{#- After a model that reads mapped files: stops if one of them has changed since it was looked at. -#}
{% macro check_mapped_files() %}
    {%- if execute -%}
        {%- do stop_if_changed(duckdb_text(tojson(mapped_files()['files']))) -%}
    {%- endif -%}
{% endmacro %}


{#- A setting of the segmart.yml, or nothing. -#}
{% macro mapped_setting(name) %}
    {%- if execute -%}
        {{ return(mapped_files()['settings'][name]) }}
    {%- endif -%}
{% endmacro %}


{#- Aggregate over the rows of a dataset: the day that recency is counted to, which a segmart.yml may set for its own. -#}
{% macro as_of_date_of_dataset(latest_date) -%}
    {%- set own = mapped_setting('as_of_date') if 'mapped' in enabled_datasets() else none -%}
    {%- if own -%}
        coalesce(max(case when dataset = {{ sql_text(mapped_files()['dataset']) }} then date '{{ own }}' end), {{ as_of_date(latest_date) }})
    {%- else -%}
        {{ as_of_date(latest_date) }}
    {%- endif -%}
{%- endmacro %}
