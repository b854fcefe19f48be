{#- Numbers as words of a sentence: 1,234 and 12.3 % and 1.24. -#}
{% macro format_count(number) -%}
    {{ adapter.dispatch('format_number')(number, 0) }}
{%- endmacro %}

{% macro format_share(share) -%}
    {{ adapter.dispatch('format_number')('100 * (' ~ share ~ ')', 1) }} || ' %'
{%- endmacro %}

{% macro format_ratio(ratio) -%}
    {{ adapter.dispatch('format_number')(ratio, 2) }}
{%- endmacro %}

{#- How far something is off what was expected: 19.6 % below, and 2.50 times from twice as much on. -#}
{% macro format_deviation(deviation) -%}
    case
        when {{ deviation }} >= 1 then {{ format_ratio('1 + ' ~ deviation) }} || ' times'
        else {{ format_share('abs(' ~ deviation ~ ')') }} || case when {{ deviation }} < 0 then ' below' else ' above' end
    end
{%- endmacro %}

{% macro duckdb__format_number(number, decimals) -%}
    format('{:,.{{ decimals }}f}', cast({{ number }} as double))
{%- endmacro %}

{% macro default__format_number(number, decimals) -%}
    format_number(cast({{ number }} as double), {{ decimals }})
{%- endmacro %}


{#- Puts values in place of {name} in a text. -#}
{% macro fill_placeholders(text, values) -%}
    {%- set ns = namespace(filled=text) -%}
    {%- for name, value in values.items() -%}
        {%- set ns.filled = "replace(" ~ ns.filled ~ ", '{" ~ name ~ "}', " ~ value ~ ")" -%}
    {%- endfor -%}
    {{ ns.filled }}
{%- endmacro %}
