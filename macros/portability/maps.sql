{#-
  Maps from column names to texts, as refused rows have them.

      text_map                  a map of the given columns
      text_map_type             the type of such a map
      map_as_text               KEY=value pairs, in the order in which the map has them, values cut to a length, nothing for null
      json_as_map               a map from a text that is a JSON object, null where it is none
      longest_key_before_blank  the longest of the keys that a text begins with, followed by a blank
-#}
{% macro text_map(columns) -%}
    {{ adapter.dispatch('text_map')(columns) }}
{%- endmacro %}

{% macro duckdb__text_map(columns) -%}
    map(
            [{% for column in columns %}{{ sql_text(column) }}{{ ', ' if not loop.last }}{% endfor %}],
            [{% for column in columns %}{{ adapter.quote(column) }}{{ ', ' if not loop.last }}{% endfor %}]
        )
{%- endmacro %}

{% macro default__text_map(columns) -%}
    map({% for column in columns %}{{ sql_text(column) }}, {{ adapter.quote(column) }}{{ ', ' if not loop.last }}{% endfor %})
{%- endmacro %}


{% macro text_map_type() -%}
    {{ return(adapter.dispatch('text_map_type')()) }}
{%- endmacro %}

{% macro duckdb__text_map_type() -%}
    {{ return('map(string, string)') }}
{%- endmacro %}

{% macro default__text_map_type() -%}
    {{ return('map<string, string>') }}
{%- endmacro %}


{% macro map_as_text(map, length) -%}
    {{ adapter.dispatch('map_as_text')(map, length) }}
{%- endmacro %}

{% macro duckdb__map_as_text(map, length) -%}
    array_to_string(list_transform(
            map_entries({{ map }}), lambda field: field.key || '=' || coalesce(left(field.value, {{ length }}), '')
        ), ' | ')
{%- endmacro %}

{% macro default__map_as_text(map, length) -%}
    array_join(transform(
            map_entries({{ map }}), field -> field.key || '=' || coalesce(left(field.value, {{ length }}), '')
        ), ' | ')
{%- endmacro %}


{#- Keys that a text begins with begin with each other, so the longest is the greatest. -#}
{% macro longest_key_before_blank(map, text) -%}
    {{ adapter.dispatch('longest_key_before_blank')(map, text) }}
{%- endmacro %}

{% macro duckdb__longest_key_before_blank(map, text) -%}
    list_max(list_filter(map_keys({{ map }}), lambda key: starts_with({{ text }}, key || ' ')))
{%- endmacro %}

{% macro default__longest_key_before_blank(map, text) -%}
    array_max(filter(map_keys({{ map }}), key -> startswith({{ text }}, key || ' ')))
{%- endmacro %}


{#- A map of texts from a text that is a JSON object; null where it is none. -#}
{% macro json_as_map(text) -%}
    {{ return(adapter.dispatch('json_as_map')(text)) }}
{%- endmacro %}

{% macro duckdb__json_as_map(text) -%}
    {{ return('try(cast(try_cast(' ~ text ~ ' as json) as map(varchar, varchar)))') }}
{%- endmacro %}

{% macro default__json_as_map(text) -%}
    {{ return('from_json(' ~ text ~ ", 'map<string, string>')") }}
{%- endmacro %}


{#- The fields of a raw row, as a map or else as one text, behind the file and the line that they stand in. -#}
{% macro map_with_place(map, text, file, line) -%}
    {{ return(adapter.dispatch('map_with_place')(map, text, file, line)) }}
{%- endmacro %}

{% macro duckdb__map_with_place(map, text, file, line) -%}
    {{ return(
        "map_concat(map(['file', 'line'], [" ~ file ~ ', cast(' ~ line ~ " as varchar)]), coalesce(" ~ map
        ~ ", map(['row'], [" ~ text ~ '])))'
    ) }}
{%- endmacro %}

{% macro default__map_with_place(map, text, file, line) -%}
    {{ return(
        "map_concat(map('file', " ~ file ~ ", 'line', cast(" ~ line ~ " as string)), coalesce(" ~ map
        ~ ", map('row', " ~ text ~ ')))'
    ) }}
{%- endmacro %}
