{% macro replace_regex(text, pattern, replacement) -%}
    {{ adapter.dispatch('replace_regex')(text, pattern, replacement) }}
{%- endmacro %}

{#- DuckDB replaces only the first match unless it is asked for all. -#}
{% macro duckdb__replace_regex(text, pattern, replacement) -%}
    regexp_replace({{ text }}, {{ sql_text(pattern) }}, '{{ replacement }}', 'g')
{%- endmacro %}

{#- Java writes $1 for the first group. -#}
{% macro default__replace_regex(text, pattern, replacement) -%}
    regexp_replace({{ text }}, {{ sql_text(pattern) }}, '{{ replacement | replace('\\', '$') }}')
{%- endmacro %}


{#- Whether the whole text matches. -#}
{% macro is_match(text, pattern) -%}
    {{ adapter.dispatch('is_match')(text, pattern) }}
{%- endmacro %}

{% macro duckdb__is_match(text, pattern) -%}
    regexp_full_match({{ text }}, {{ sql_text(pattern) }})
{%- endmacro %}

{% macro default__is_match(text, pattern) -%}
    {{ text }} rlike {{ sql_text('^(' ~ pattern ~ ')\\z') }}
{%- endmacro %}


{#- What a group of a pattern matches, 0 for the whole; empty where nothing does. A `$` at the end of the pattern is the end of the text. -#}
{% macro extract_regex(text, pattern, group) -%}
    {{ return(adapter.dispatch('extract_regex')(text, pattern, group)) }}
{%- endmacro %}

{% macro duckdb__extract_regex(text, pattern, group) -%}
    {{ return('regexp_extract(' ~ text ~ ', ' ~ sql_text(pattern) ~ ', ' ~ group ~ ')') }}
{%- endmacro %}

{#- To Java, a `$` also stands before the last line break. -#}
{% macro default__extract_regex(text, pattern, group) -%}
    {%- set ended = pattern[:-1] ~ '\\z' if pattern.endswith('$') else pattern -%}
    {{ return('regexp_extract(' ~ text ~ ', ' ~ sql_text(ended) ~ ', ' ~ group ~ ')') }}
{%- endmacro %}


{% macro trim_characters(text, characters) -%}
    {{ adapter.dispatch('trim_characters')(text, characters) }}
{%- endmacro %}

{% macro duckdb__trim_characters(text, characters) -%}
    trim({{ text }}, '{{ characters | join }}')
{%- endmacro %}

{% macro default__trim_characters(text, characters) -%}
    trim(both '{{ characters | join }}' from {{ text }})
{%- endmacro %}


{#- Characters have to be counted, bytes are known: a text has at least as many. -#}
{% macro is_longer_than(text, characters) -%}
    {{ adapter.dispatch('is_longer_than')(text, characters) }}
{%- endmacro %}

{% macro duckdb__is_longer_than(text, characters) -%}
    strlen({{ text }}) > {{ characters }} and length({{ text }}) > {{ characters }}
{%- endmacro %}

{% macro default__is_longer_than(text, characters) -%}
    length({{ text }}) > {{ characters }}
{%- endmacro %}


{#- DuckDB's right() is expensive, and trim_text runs on every row. -#}
{% macro last_character(text) -%}
    {{ adapter.dispatch('last_character')(text) }}
{%- endmacro %}

{% macro duckdb__last_character(text) -%}
    {{ text }}[-1]
{%- endmacro %}

{% macro default__last_character(text) -%}
    right({{ text }}, 1)
{%- endmacro %}


{#- First letter upper case, the rest lower. -#}
{% macro capitalize(text) -%}
    upper(left({{ text }}, 1)) || lower(substr({{ text }}, 2))
{%- endmacro %}


{#- One row per piece of a delimited text: the given columns, `position` from 1 and `piece`. -#}
{% macro split_to_rows(relation, columns, text, delimiter) -%}
    {{ adapter.dispatch('split_to_rows')(relation, columns, text, delimiter) }}
{%- endmacro %}

{% macro duckdb__split_to_rows(relation, columns, text, delimiter) -%}
    select
        {{ columns | join(', ') }},
        generate_subscripts(string_split({{ text }}, '{{ delimiter }}'), 1) as position,
        unnest(string_split({{ text }}, '{{ delimiter }}')) as piece
    from {{ relation }}
{%- endmacro %}

{% macro default__split_to_rows(relation, columns, text, delimiter) -%}
    select
        {{ columns | join(', ') }},
        split_index + 1 as position,
        piece
    from {{ relation }}
    lateral view posexplode(split({{ text }}, '{{ delimiter }}')) as split_index, piece
{%- endmacro %}


{#- Aggregate: the texts of a group in the order of an integer, with a delimiter between them. -#}
{% macro join_in_order(text, position, delimiter) -%}
    {{ adapter.dispatch('join_in_order')(text, position, delimiter) }}
{%- endmacro %}

{% macro duckdb__join_in_order(text, position, delimiter) -%}
    string_agg({{ text }}, '{{ delimiter }}' order by {{ position }} nulls last)
{%- endmacro %}

{% macro default__join_in_order(text, position, delimiter) -%}
    listagg({{ text }}, '{{ delimiter }}') within group (order by {{ position }} nulls last)
{%- endmacro %}


{#- SQL literals of texts, with commas between them. -#}
{% macro sql_texts(values) -%}
    {%- for value in values -%}
        {{ sql_text(value) }}
        {{- ', ' if not loop.last -}}
    {%- endfor -%}
{%- endmacro %}


{#- A text, such as a pattern, as SQL writes it. -#}
{% macro sql_text(value) -%}
    {{ return(adapter.dispatch('sql_text')(value)) }}
{%- endmacro %}

{% macro duckdb__sql_text(value) -%}
    {{ return(duckdb_text(value)) }}
{%- endmacro %}

{#- A backslash begins an escape. -#}
{% macro default__sql_text(value) -%}
    {{ return("'" ~ value | replace('\\', '\\\\') | replace("'", "\\'") ~ "'") }}
{%- endmacro %}
