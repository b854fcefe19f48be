{#- What the segmart.yml of the data directory says, or that of the sample: {dataset, settings, columns, rows, attributes}; see
    `segmart.loading.mapped`. -#}
{% macro mapped_files() %}
    {%- set found = run_query(
        'select mapped_tables(' ~ sql_text(env_var('SEGMART_DATA', '') or 'seeds/sample/general') ~ ', ' ~ sql_text(invocation_id) ~ ')'
    ).rows[0][0] -%}
    {%- set mapped = fromjson(found) -%}
    {%- if 'error' in mapped -%}
        {{ exceptions.raise_compiler_error(mapped['error']) }}
    {%- endif -%}
    {{ return(mapped) }}
{% endmacro %}


{#- A select of the rows of a part of the mapped files (sales, products or customers), or of their `attributes`, with `dataset` in front. -#}
{% macro mapped_rows(part, what='rows') -%}
    {%- if execute -%}
        {%- set mapped = mapped_files() -%}
        select
            {{ sql_text(mapped['dataset']) }} as dataset,
            *
        from ({{ mapped[what][part] }}) as {{ part }}_{{ what }}
    {%- else -%}
        select 1 as dataset
    {%- endif -%}
{%- endmacro %}


{#- Role -> what the user calls the column, as SQL text. -#}
{% macro mapped_columns(part) %}
    {%- set columns = {} -%}
    {%- if execute -%}
        {%- for role, name in mapped_files()['columns'][part].items() -%}
            {%- do columns.update({role: name | replace("'", "''")}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(columns) }}
{% endmacro %}


{#- A setting of the segmart.yml, or nothing. -#}
{% macro mapped_setting(name) %}
    {%- if execute -%}
        {{ return(mapped_files()['settings'][name]) }}
    {%- endif -%}
{% endmacro %}
