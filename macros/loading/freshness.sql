{#-
  Says how old the newest data of every raw file with days is, from the marts of the last build:

      dbt run-operation freshness --args '{max_days: 7}'

  With a limit it fails if a file is older. It is no test of the build, whose results would change with the clock.
-#}
{% macro freshness(max_days=none) %}
    {%- set files = run_query(
        "select dataset || '/' || source_file, newest_date, " ~ days_between('newest_date', 'current_date') ~ ', dated_rows from '
        ~ ref('data_freshness') ~ ' order by dataset, source_file'
    ).rows -%}
    {%- set old = [] -%}
    {%- for name, newest_date, age, dated_rows in files -%}
        {%- if newest_date is none -%}
            {%- set message = name ~ ': no accepted row has a day' -%}
        {%- else -%}
            {%- set message = name ~ ': the newest day is ' ~ newest_date ~ ', ' ~ age ~ ' days ago' -%}
        {%- endif -%}
        {%- do print(message) -%}
        {%- if max_days is not none and (newest_date is none or age > max_days | int) -%}
            {%- do old.append(message) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if old -%}
        {{ exceptions.raise_compiler_error('Data are older than ' ~ max_days ~ ' days: ' ~ old | join('; ')) }}
    {%- endif -%}
{% endmacro %}
