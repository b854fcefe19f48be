{#- Monday is 1. -#}
{% macro iso_weekday(date) -%}
    {{ adapter.dispatch('iso_weekday')(date) }}
{%- endmacro %}

{% macro duckdb__iso_weekday(date) -%}
    isodow({{ date }})
{%- endmacro %}

{% macro default__iso_weekday(date) -%}
    weekday({{ date }}) + 1
{%- endmacro %}


{#- The year that the ISO week belongs to; it differs from the calendar year around New Year. -#}
{% macro iso_year(date) -%}
    {{ adapter.dispatch('iso_year')(date) }}
{%- endmacro %}

{% macro duckdb__iso_year(date) -%}
    isoyear({{ date }})
{%- endmacro %}

{% macro default__iso_year(date) -%}
    extract(yearofweek from {{ date }})
{%- endmacro %}


{% macro days_between(first_date, last_date) -%}
    {{ adapter.dispatch('days_between')(first_date, last_date) }}
{%- endmacro %}

{% macro duckdb__days_between(first_date, last_date) -%}
    date_diff('day', {{ first_date }}, {{ last_date }})
{%- endmacro %}

{% macro default__days_between(first_date, last_date) -%}
    datediff({{ last_date }}, {{ first_date }})
{%- endmacro %}


{#- A select of every calendar day from the first to the last of two date expressions over a relation. -#}
{% macro calendar_days(relation, first_date, last_date) -%}
    {{ adapter.dispatch('calendar_days')(relation, first_date, last_date) }}
{%- endmacro %}

{% macro duckdb__calendar_days(relation, first_date, last_date) -%}
    select cast(unnest(generate_series(min({{ first_date }}), max({{ last_date }}), interval 1 day)) as date) as calendar_date
    from {{ relation }}
{%- endmacro %}

{% macro default__calendar_days(relation, first_date, last_date) -%}
    select explode(sequence(min({{ first_date }}), max({{ last_date }}), interval 1 day)) as calendar_date
    from {{ relation }}
{%- endmacro %}


{#- Aggregate: in how many months are there such dates? They lie between the variables earliest_date and latest_date. -#}
{% macro count_months(date) -%}
    {{ return(adapter.dispatch('count_months')(date)) }}
{%- endmacro %}

{#- A bit for each possible month is cheaper than a list of those seen. -#}
{% macro duckdb__count_months(date) -%}
    {%- set limits = [] -%}
    {%- for limit in [var('earliest_date'), var('latest_date')] -%}
        {%- set day = limit | string -%}
        {%- do limits.append(12 * day[:4] | int + day[5:7] | int) -%}
    {%- endfor -%}
    {%- set month = '12 * year(' ~ date ~ ') + month(' ~ date ~ ') - ' ~ limits[0] -%}
    {{ return('bit_count(bitstring_agg(' ~ month ~ ', 0, ' ~ (limits[1] - limits[0]) ~ '))') }}
{%- endmacro %}

{% macro default__count_months(date) -%}
    {{ return("count(distinct date_trunc('month', " ~ date ~ '))') }}
{%- endmacro %}


{#- Name of the public holiday on a day in the country of the variable holiday_country; null on other days and without a country. -#}
{% macro holiday_name(date) -%}
    {{ return(adapter.dispatch('holiday_name')(date)) }}
{%- endmacro %}

{% macro duckdb__holiday_name(date) -%}
    {%- if var('holiday_country') -%}
        {{ return('holiday_name(' ~ sql_text(var('holiday_country')) ~ ', ' ~ date ~ ')') }}
    {%- else -%}
        {{ return(default__holiday_name(date)) }}
    {%- endif -%}
{%- endmacro %}

{#- The workers know no holidays: DuckDB names them for all days that a row may have. -#}
{% macro spark__holiday_name(date) -%}
    {%- if execute and var('holiday_country') -%}
        {%- set entries = [] -%}
        {%- for day, name in duckdb_query(
            'select day, name from (select cast(unnest(generate_series('
            ~ "cast('" ~ var('earliest_date') ~ "' as date), cast('" ~ var('latest_date') ~ "' as date), interval 1 day"
            ~ ')) as date) as day, holiday_name(' ~ duckdb_text(var('holiday_country')) ~ ', day) as name) where name is not null'
        ).rows -%}
            {%- do entries.append("date '" ~ day ~ "', " ~ sql_text(name)) -%}
        {%- endfor -%}
        {{ return('map(' ~ entries | join(', ') ~ ')[' ~ date ~ ']') }}
    {%- else -%}
        {{ return(default__holiday_name(date)) }}
    {%- endif -%}
{%- endmacro %}

{% macro default__holiday_name(date) -%}
    {{ return('cast(null as string)') }}
{%- endmacro %}
