{#-
  Lists of texts as Python or JSON writes them: ['rice', "baker's yeast"] or ["rice", "jam \"plum\""]. Texts may
  hold commas, brackets and the other kind of quote, or their own after a backslash.

      is_text_list     whether a text is such a list, with at least one element, none of them blank
      list_literals    its elements as an array, still in their quotes
      unquote_literal  the text that such a literal stands for

  Unquoting is a step of its own, because it is expensive and the same products stand in many baskets: unquote the
  distinct literals.
-#}
{% macro is_text_list(text) -%}
    {%- set escape = list_escape_pattern() -%}
    {%- set elements = [] -%}
    {%- for quote in ["'", '"'] -%}
        {%- set visible = '([^' ~ quote ~ '\\\\\\s]|' ~ escape ~ ')' -%}
        {%- set any = '([^' ~ quote ~ '\\\\]|' ~ escape ~ ')' -%}
        {%- do elements.append(quote ~ '\\s*' ~ visible ~ any ~ '*' ~ quote) -%}
    {%- endfor -%}
    {%- set element = '(' ~ elements | join('|') ~ ')' -%}
    {%- set list = '^\\s*\\[\\s*' ~ element ~ '(\\s*,\\s*' ~ element ~ ')*\\s*,?\\s*\\]\\s*$' -%}
    ({{ extract_regex(text, list, 0) }} <> '')
{%- endmacro %}


{#- Where a text is no list, the array holds whatever stands in quotes. -#}
{% macro list_literals(text) -%}
    regexp_extract_all({{ text }}, {{ sql_text("'([^'\\\\]|\\\\.)*'|\"([^\"\\\\]|\\\\.)*\"") }}, 0)
{%- endmacro %}


{#- What may stand after a backslash, and the backslash: the escapes of JSON, and \' and \x41 of Python. The two
    halves of a character beyond 16 bits have to stand together. -#}
{% macro list_escape_pattern() -%}
    {%- set whole = '([0-9abcefABCEF][0-9a-fA-F]{3}|[dD][0-7][0-9a-fA-F]{2})' -%}
    {%- set halves = '[dD][89abAB][0-9a-fA-F]{2}\\\\u[dD][c-fC-F][0-9a-fA-F]{2}' -%}
    {{ return('\\\\(["\'\\\\/bfnrt]|x[0-9a-fA-F]{2}|u' ~ whole ~ '|u' ~ halves ~ ')') }}
{%- endmacro %}


{#- The text that a literal stands for. One with a backslash is written as a JSON text, whose escapes the database
    knows. -#}
{% macro unquote_literal(literal) -%}
    {%- set content = 'substr(' ~ literal ~ ', 2, length(' ~ literal ~ ') - 2)' -%}
    case
        when position({{ sql_text('\\') }} in {{ literal }}) = 0 then {{ content }}
        else {{ json_text_content(content_as_json(content)) }}
    end
{%- endmacro %}


{#- First of all, escaped backslashes are hidden: what follows them is no escape. -#}
{% macro content_as_json(content) -%}
    {%- set ns = namespace(json=replace_regex(content, '[\\x00-\\x1F]', ' ')) -%}
    {%- for written, meant in [('\\\\', '\\u005c'), ("\\'", "'"), ('\\x', '\\u00'), ('\\"', '"'), ('"', '\\"')] -%}
        {%- set ns.json = 'replace(' ~ ns.json ~ ', ' ~ sql_text(written) ~ ', ' ~ sql_text(meant) ~ ')' -%}
    {%- endfor -%}
    {{ return(ns.json) }}
{%- endmacro %}


{#- The text that a JSON text stands for, given without its quotes. -#}
{% macro json_text_content(content) -%}
    {{ return(adapter.dispatch('json_text_content')(content)) }}
{%- endmacro %}

{% macro duckdb__json_text_content(content) -%}
    {{ return("json_extract_string('[\"' || " ~ content ~ " || '\"]', '$[0]')") }}
{%- endmacro %}

{% macro default__json_text_content(content) -%}
    {{ return("get_json_object('[\"' || " ~ content ~ " || '\"]', '$[0]')") }}
{%- endmacro %}


{#- An array of the given values. -#}
{% macro array_of(values) -%}
    {{ adapter.dispatch('array_of')(values) }}
{%- endmacro %}

{% macro duckdb__array_of(values) -%}
    list_value({{ values | join(', ') }})
{%- endmacro %}

{% macro default__array_of(values) -%}
    array({{ values | join(', ') }})
{%- endmacro %}


{#- One row per element of an array: the given columns and the element under a name. -#}
{% macro unnest_array(relation, columns, array, element) -%}
    {{ adapter.dispatch('unnest_array')(relation, columns, array, element) }}
{%- endmacro %}

{% macro duckdb__unnest_array(relation, columns, array, element) -%}
    select
        {{ columns | join(', ') }},
        unnest({{ array }}) as {{ element }}
    from {{ relation }}
{%- endmacro %}

{% macro default__unnest_array(relation, columns, array, element) -%}
    select
        {{ columns | join(', ') }},
        explode({{ array }}) as {{ element }}
    from {{ relation }}
{%- endmacro %}


{#- Aggregate: the values of a group, or of those of its rows for which a condition holds, as an array in the order of an integer; unknown ones
    keep their place; null without a row. -#}
{% macro array_in_order(value, position, condition='true') -%}
    {{ adapter.dispatch('array_in_order')(value, position, condition) }}
{%- endmacro %}

{% macro duckdb__array_in_order(value, position, condition) -%}
    list({{ value }} order by {{ position }} nulls last) filter (where {{ condition }})
{%- endmacro %}

{% macro default__array_in_order(value, position, condition) -%}
    case when count(*) filter (where {{ condition }}) > 0 then transform(
            array_sort(collect_list(struct({{ position }}, {{ value }} as value)) filter (where {{ condition }})),
            item -> item.value
        ) end
{%- endmacro %}


{#- Aggregate: an array of interpolated quantiles, of which the values are kept once. An aggregate for each quantile
    would keep all of them again. -#}
{% macro quantiles(value, shares) -%}
    {{ adapter.dispatch('quantiles')(value, shares) }}
{%- endmacro %}

{% macro duckdb__quantiles(value, shares) -%}
    quantile_cont({{ value }}, [{{ shares | join(', ') }}])
{%- endmacro %}

{% macro default__quantiles(value, shares) -%}
    percentile({{ value }}, array({{ shares | join(', ') }}))
{%- endmacro %}


{#- An element of an array, counted from 1; null where there are fewer. -#}
{% macro array_item(array, position) -%}
    {{ adapter.dispatch('array_item')(array, position) }}
{%- endmacro %}

{% macro duckdb__array_item(array, position) -%}
    {{ array }}[{{ position }}]
{%- endmacro %}

{% macro default__array_item(array, position) -%}
    get({{ array }}, {{ position - 1 }})
{%- endmacro %}


{#- A vector less another, divided by a third. -#}
{% macro scaled_vector(vector, offsets, scales) -%}
    {{ adapter.dispatch('scaled_vector')(vector, offsets, scales) }}
{%- endmacro %}

{% macro duckdb__scaled_vector(vector, offsets, scales) -%}
    list_transform({{ vector }}, lambda value, i: (value - {{ offsets }}[i]) / {{ scales }}[i])
{%- endmacro %}

{% macro default__scaled_vector(vector, offsets, scales) -%}
    transform({{ vector }}, (value, i) -> (value - {{ offsets }}[i]) / {{ scales }}[i])
{%- endmacro %}


{#- The centres of an array from the nearest to a vector to the farthest, as structs of `distance` (Euclidean) and `number`, the
    centre's place in the array; of equally near ones the first comes first. -#}
{% macro centres_by_distance(vector, centres) -%}
    {{ adapter.dispatch('centres_by_distance')(vector, centres) }}
{%- endmacro %}

{% macro duckdb__centres_by_distance(vector, centres) -%}
    list_sort(list_transform(
            {{ centres }}, lambda centre, i: struct_pack(distance := list_distance({{ vector }}, centre), number := i)
        ))
{%- endmacro %}

{% macro default__centres_by_distance(vector, centres) -%}
    array_sort(transform({{ centres }}, (centre, i) -> struct(
            sqrt(aggregate(zip_with({{ vector }}, centre, (x, y) -> (x - y) * (x - y)), cast(0 as double), (a, b) -> a + b)) as distance,
            i + 1 as number
        )))
{%- endmacro %}


{#- One row per element of an array but the last: the given columns, the element under a name, and under the array's own name the
    elements that come after it. -#}
{% macro unnest_with_rest(relation, columns, array, element) -%}
    {{ adapter.dispatch('unnest_with_rest')(relation, columns, array, element) }}
{%- endmacro %}

{% macro duckdb__unnest_with_rest(relation, columns, array, element) -%}
    select
        {{ columns | join(', ') }},
        unnest({{ array }}[:-2]) as {{ element }},
        unnest(list_transform(range(2, len({{ array }}) + 1), lambda place: {{ array }}[place:])) as {{ array }}
    from {{ relation }}
{%- endmacro %}

{% macro default__unnest_with_rest(relation, columns, array, element) -%}
    select
        {{ columns | join(', ') }},
        first_elements.{{ element }},
        slice({{ array }}, first_elements.place + 2, size({{ array }})) as {{ array }}
    from {{ relation }}
    lateral view posexplode(slice({{ array }}, 1, size({{ array }}) - 1)) first_elements as place, {{ element }}
{%- endmacro %}
